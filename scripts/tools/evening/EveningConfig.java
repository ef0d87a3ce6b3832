//SOURCES EveningProject.java
//SOURCES EveningServers.java
//SOURCES Issue.java
//SOURCES ../../kit/report/Report.java
//SOURCES ../../kit/report/Severity.java

import java.net.http.HttpResponse;

import kit.report.Report;
import kit.report.Severity;

/** Issue 1: CONFIG_PATH is required. */
final class EveningConfig {
    private final Report report;
    private final EveningProject project;

    EveningConfig(Report report, EveningProject project) {
        this.report = report;
        this.project = project;
    }

    /** Started by hand, the service stops at once, in the words of that evening. */
    boolean stops() throws Exception {
        report.step("Issue 1: the service, started by hand, stops: CONFIG_PATH is required");
        report.run("env -u CONFIG_PATH jbang datastorage");
        Process service = EveningServers.service(project.dir, "");
        String said = EveningServers.said(service);
        report.bad(said);
        report.say("exit " + service.waitFor() + ": works as designed, it does not guess where its configuration is; "
                + "under test the variable is set, and two mounts bring the files");
        report.finding("CONFIG_PATH_UNSET", Severity.error, null,
                "nothing sets CONFIG_PATH, so the service stops before it does anything", said,
                "podman run -e CONFIG_PATH=/etc/datastorage/config.yaml -v $configDir/config.yaml:"
                        + "/etc/datastorage/config.yaml:ro -v $configDir:/etc/datastorage/secrets:ro …");
        return service.exitValue() == 1
                && said.equals("ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)");
    }

    /** With file and secrets in place. */
    Issue serves(Process service, int api, boolean stops) throws Exception {
        report.run("CONFIG_PATH=config.yaml jbang datastorage &   # the file, and those of the secrets beside it");
        report.run("curl -i http://127.0.0.1:" + api + "/health/ready");
        HttpResponse<String> ready = EveningServers.get(service, "http://127.0.0.1:" + api + "/health/ready");
        boolean serves = ready != null && ready.statusCode() == 200;
        if (serves) {
            report.good("200 " + ready.body());
        } else {
            report.bad(ready == null ? "it does not answer: " + EveningServers.said(service)
                    : ready.statusCode() + " " + ready.body());
        }
        EveningServers.stop(service);
        return new Issue("CONFIG_PATH is required", serves ? "works as designed; with the variable set it serves"
                : "it does not serve", "config-path", stops && serves);
    }
}
