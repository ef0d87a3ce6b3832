///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Updates the status of workflows straight through the driver, for as long as it is told: what datastorage is measured against.
//DESCRIPTION   jbang driver-load.java 'jdbc:postgresql://127.0.0.1:15433/action_history?user=slm_user' 8 10
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xshare:auto -Xmx256m
//DEPS org.postgresql:postgresql:42.7.14

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/** URL, connections, seconds; prints updates a second. Each thread has its connection and its prepared statement, and does nothing else. */
class DriverLoad {
    private static final String UPDATE = "UPDATE remediation_workflow_catalog SET status = ?, status_reason = ?, updated_by = ?, updated_at = NOW() WHERE workflow_id = ? AND version = ?";

    public static void main(String... args) throws Exception {
        int connections = Integer.parseInt(args[1]);
        int seconds = Integer.parseInt(args[2]);
        List<String> ids = new ArrayList<>();
        try (Connection c = DriverManager.getConnection(args[0]); ResultSet rows = c.createStatement().executeQuery("SELECT workflow_id FROM remediation_workflow_catalog")) {
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
        }
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        Callable<Long> updates = () -> update(args[0], ids, end);
        List<Future<Long>> counts = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            counts.add(threads.submit(updates));
        }
        long sum = 0;
        for (Future<Long> count : counts) {
            sum += count.get();
        }
        threads.shutdown();
        System.out.println(sum / seconds + " updates/s straight through the driver, " + connections + " connections");
    }

    private static long update(String url, List<String> ids, long end) throws SQLException {
        long done = 0;
        try (Connection c = DriverManager.getConnection(url); PreparedStatement s = c.prepareStatement(UPDATE)) {
            while (System.nanoTime() < end) {
                List<String> values = List.of("active", "measured", "load", ids.get(ThreadLocalRandom.current().nextInt(ids.size())), "v1.0.0");
                for (int i = 0; i < values.size(); i++) {
                    s.setObject(i + 1, values.get(i), Types.OTHER);
                }
                done += s.executeUpdate();
            }
        }
        return done;
    }
}
