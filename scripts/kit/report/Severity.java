package kit.report;

/** How grave a finding is: an error makes the verdict "problems", a warning and an info do not. */
public enum Severity {
    error, warning, info
}
