//SOURCES ../../scripts/kit/postgres/Server.java
//SOURCES ../../scripts/kit/postgres/Sql.java
//SOURCES ../../scripts/kit/report/Leftovers.java
//SOURCES ../../scripts/kit/report/Report.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES Node.java
//SOURCES Table.java
//SOURCES Target.java
//SOURCES Writers.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Leftovers;
import kit.report.Report;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** What the loss of the primary takes: eight clients write a number with each update, over a URL that names every
 * server and finds the primary among them. One that loses its connection comes back until it finds a primary, and asks
 * there what its row holds. */
public final class Failover {
    private static final int PATIENCE_SECONDS = Integer.getInteger("runbook.failover.seconds", 300);
    /** Two processes of one machine are never far behind each other; two machines are, when the network stalls and then
     * the first one dies. */
    private static final int CUT_OFF_MILLIS = 200;
    private static final String NOT_SENT = "a commit did not wait for a standby, and what the primary had not sent "
            + "when it died is lost";
    private final Target target;
    private final Table table;
    private final PGSimpleDataSource source;

    public Failover(Target target, String schema) {
        this.target = target;
        this.table = target.tables.get(schema);
        this.source = target.source(schema);
    }

    public void show(Report report) throws Exception {
        if (target.server.kind == Server.Kind.YOURS) {
            yours(report);
            return;
        }
        Node primary = Node.embedded(target.server);
        List<Node> standbys = new ArrayList<>();
        List<Node> all = new ArrayList<>(List.of(primary));
        for (boolean synchronous : new boolean[] {false, true}) {
            report.step("A primary and two standbys on this machine, "
                    + (synchronous ? "synchronous: a commit waits for the disk of one of them"
                            : "asynchronous: a commit waits for none of them"));
            while (standbys.size() < 2) {
                standbys.add(primary.standby("standby-" + all.size()).await());
                all.add(standbys.get(standbys.size() - 1));
            }
            primary.synchronously(synchronous);
            if (synchronous) {
                primary.awaitQuorum();
            }
            reachAll(all);
            report.good("ports " + String.join(", ", Stream.concat(Stream.of(primary), standbys.stream())
                    .map(node -> String.valueOf(node.port())).toList()));
            table.restore();
            primary = lose(report, primary, standbys, synchronous);
        }
    }

    /** The clients', and those of this run itself: whichever server is the primary. */
    private void reachAll(List<Node> nodes) {
        for (PGSimpleDataSource each : List.of(source, target.server.admin)) {
            each.setServerNames(nodes.stream().map(node -> "localhost").toArray(String[]::new));
            each.setPortNumbers(nodes.stream().mapToInt(Node::port).toArray());
            each.setTargetServerType("primary");
            // Else the driver remembers for ten seconds who was no primary.
            each.setHostRecheckSeconds(1);
        }
    }

    /** The new primary, which is then no longer among the standbys. */
    private Node lose(Report report, Node primary, List<Node> standbys, boolean synchronous) throws Exception {
        try (Writers writers = new Writers(source, table)) {
            Leftovers.pause(3000);
            report.run(
                    "psql … -c \"ALTER SYSTEM SET primary_conninfo = ''\"   # on both standbys, as when the "
                            + "network to them is cut");
            for (Node standby : standbys) {
                standby.cutOff();
            }
            Leftovers.pause(CUT_OFF_MILLIS);
            report.run("kill -9 …   # every process of the primary, " + CUT_OFF_MILLIS / 1000.0 + " s later");
            primary.kill();
            Node next = standbys.remove(standbys.get(0).received() >= standbys.get(1).received() ? 0 : 1);
            report.run(
                    "psql -p " + next.port() + " -c 'SELECT pg_promote()'   # the standby that has received the most");
            next.synchronously(synchronous);
            next.promote();
            standbys.get(0).follow(next);
            writers.untilAllWrite(60);
            writers.tell(report, synchronous ? null : NOT_SENT, "a commit waits for a standby");
            return next;
        }
    }

    private void yours(Report report) throws Exception {
        report.step("Updates over a URL of " + source.getServerNames().length
                + " servers, while you make the primary fail over");
        try (Writers writers = new Writers(source, table)) {
            System.err.println("lost-updates: " + Writers.CLIENTS + " clients write; make the primary fail over within "
                    + PATIENCE_SECONDS + " s");
            for (int i = 0; i < PATIENCE_SECONDS * 10 && writers.broken.get() == 0; i++) {
                Leftovers.pause(100);
            }
            if (writers.broken.get() == 0) {
                throw Stop.unchecked("no client lost its connection within " + PATIENCE_SECONDS
                        + " s, so there was no failover to measure: make the primary fail over while this runs");
            }
            writers.untilAllWrite(PATIENCE_SECONDS);
            try (Connection c = source.getConnection()) {
                boolean synchronous = !Sql.rows(c,
                        "SELECT WHERE current_setting('synchronous_standby_names') <> '' AND "
                                + "current_setting('synchronous_commit') NOT IN ('off', 'local')")
                        .isEmpty();
                writers.tell(report, synchronous ? null : NOT_SENT, "a commit waits for a standby");
            }
        }
    }
}
