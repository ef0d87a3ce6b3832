//SOURCES Chain.java
//SOURCES CheckOutcome.java
//SOURCES DatabaseChecks.java
//SOURCES EngineCheck.java
//SOURCES OwnServer.java
//SOURCES Project.java
//SOURCES ../report/Report.java
//SOURCES ScratchChecks.java
//SOURCES ServerChecks.java
package kit.preflight;

import java.util.List;
import java.util.Map;

import kit.report.Report;

/** One look at a project: its checks, what they share, and its end. */
public final class Look implements AutoCloseable {
    private final DatabaseChecks databases;
    private final ScratchChecks scratch;
    private final List<Chain.Check> checks;

    public Look(Project project, OwnServer own) {
        EngineCheck engine = new EngineCheck(project);
        ServerChecks servers = new ServerChecks(project, engine);
        scratch = new ScratchChecks(project, own);
        databases = new DatabaseChecks(project, scratch);
        checks = List.of(
                new Chain.Check("engine", List.of(), List.of(), engine::judge),
                new Chain.Check("socket", List.of("engine"), List.of(), engine::socket),
                new Chain.Check("ports", List.of(), List.of("engine"), servers::ports),
                new Chain.Check("listener", List.of(), List.of("ports"), servers::listener),
                new Chain.Check("login", List.of(), List.of("listener"), servers::login),
                new Chain.Check("ledger", List.of(), List.of("login"), databases::ledger),
                new Chain.Check("catalogue", List.of("replay"), List.of("ledger"), databases::catalogue),
                new Chain.Check("folder", List.of(), List.of(), scratch::folder),
                new Chain.Check("replay", List.of(), List.of(), scratch::replay),
                new Chain.Check("lists", List.of("replay"), List.of(), scratch::lists),
                new Chain.Check("code's SQL", List.of("replay"), List.of(), scratch::statements),
                new Chain.Check("configuration", List.of(), List.of(), project::configuration));
    }

    /** As a step of its own: a line for each check.
     *
     * @return what each saw, by its name, in their order */
    public Map<String, CheckOutcome> run(Report report, String title) {
        report.step(title);
        return Chain.run(checks, (check, outcome) -> {
            String line = String.format("%-14s%s", check, outcome.text().replace("\n", "\n" + " ".repeat(14)));
            switch (outcome.state()) {
                case OK -> report.good(line);
                case WARN -> report.warn(line);
                case BAD -> report.bad(line);
                case NONE, BLOCKED -> report.none(line);
            }
        });
    }

    @Override
    public void close() throws Exception {
        databases.close();
        scratch.close();
    }
}
