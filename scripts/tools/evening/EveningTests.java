//SOURCES ../../datastorage.java
//SOURCES ../../workflow-repository.java
//SOURCES EveningProject.java
//SOURCES EveningServers.java
//SOURCES ../../kit/postgres/Sql.java

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import javax.sql.DataSource;

import kit.postgres.Sql;

/** The tests of three tiers of the service; those of the integration tier are workflow-repository's. */
final class EveningTests {
    /** One test; it fails by what it throws. */
    interface Check {
        void run() throws Exception;
    }

    private static final int PATIENCE_SECONDS = EveningServers.PATIENCE_SECONDS;

    private EveningTests() {
    }

    /** Each test's name and why it failed; empty where it passed. */
    static Map<String, String> run(Map<String, Check> tests) {
        Map<String, String> results = new LinkedHashMap<>();
        tests.forEach((name, test) -> {
            try {
                test.run();
                results.put(name, "");
            } catch (Exception | AssertionError e) {
                results.put(name, e instanceof SQLException ? e.getMessage() : name + ": " + e.getMessage());
            }
        });
        return results;
    }

    private static void same(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    /** What the call is refused with. */
    private static String refusal(Check call) throws Exception {
        try {
            call.run();
            return "not refused";
        } catch (Datastorage.Refused e) {
            return e.error == null ? e.getMessage() : e.error;
        } catch (RuntimeException e) {
            return e.getMessage();
        }
    }

    /** What the service decides without a database. */
    static Map<String, Check> unit(EveningProject project) {
        Map<String, Check> tests = new LinkedHashMap<>();
        tests.put("without CONFIG_PATH there is no configuration", () -> same(
                "CONFIG_PATH environment variable required (ADR-030)", refusal(() -> Datastorage.Startup.check(""))));
        tests.put("a configuration without a host of the database is refused", () -> same("database host required",
                refusal(() -> project.check("server: {port: 8080}"))));
        tests.put("a port that an ordinary user may not take is refused", () -> same(
                "server port must be between 1024 and 65535, got: 80",
                refusal(() -> project
                        .check("server: {port: 80}\ndatabase: {host: localhost, port: 5432, name: x, user: x}"))));
        tests.put("each SQLSTATE has its answer in HTTP", () -> same(
                List.of(400, 400, 409, 503, 500),
                Stream.of("22P02", "23514", "40001", "57P01", "42703").map(EveningTests::http).toList()));
        tests.put("a change of status is read from JSON", () -> same(
                new Datastorage.Change(null, "archived", "superseded", "operator"), change(
                        "{\"status\": \"archived\", \"reason\": \"superseded\", \"updatedBy\": \"operator\"}")));
        tests.put("a member that is unknown is refused", () -> same(true,
                refusal(() -> change("{\"statsu\": \"archived\"}")).startsWith("unknown member \"statsu\"")));
        tests.put("a reason that is missing is refused", () -> same("\"reason\" is required, as a string",
                refusal(() -> change("{\"status\": \"archived\"}"))));
        tests.put("a body that is not JSON is refused", () -> same("the body is not JSON",
                refusal(() -> change("{"))));
        return tests;
    }

    private static int http(String state) {
        return Datastorage.Problem.of(state, "").status();
    }

    private static Datastorage.Change change(String json) {
        return Datastorage.Change.read(json.getBytes(StandardCharsets.UTF_8), null);
    }

    /** Workflows to change the status of. */
    static List<String> workflows(DataSource database, int count) throws SQLException {
        try (Connection c = database.getConnection()) {
            return Sql.rows(c, "INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, "
                    + "content, content_hash) SELECT 'restart-pod-' || gen_random_uuid(), 'v1.0.0', 'Restart pod', "
                    + "'Deletes the pod', 'steps: []', repeat('0', 64) FROM generate_series(1, " + count
                    + ") RETURNING workflow_id").stream().map(row -> row.get(0)).toList();
        }
    }

    /** What the service's users rely on when a workflow's status is changed: the tests of workflow-repository. */
    static Map<String, String> integration(DataSource database) throws Exception {
        Map<String, String> results = new LinkedHashMap<>();
        new WorkflowRepositoryScript.Tests(database::getConnection, results::put).run();
        return results;
    }

    static Datastorage.Change change(String status, String reason) {
        return new Datastorage.Change(null, status, reason, "operator");
    }

    /** The service as its clients meet it: a process, HTTP, and the row that a change leaves. */
    static Map<String, Check> endToEnd(String url, DataSource database) {
        Map<String, Check> tests = new LinkedHashMap<>();
        tests.put("a status is changed over HTTP, and the row has it with its reason", () -> {
            String id = workflows(database, 1).get(0);
            same(204, patch(url, id, "archived").statusCode());
            holds(database, id, "status = 'archived' AND status_reason = 'superseded by v2' AND disabled_at IS NULL");
        });
        tests.put("a workflow is disabled over HTTP, and the row says when, by whom and why", () -> {
            String id = workflows(database, 1).get(0);
            same(204, ask("PATCH", url + id + "/disable", "{\"reason\": \"loops\", \"updatedBy\": \"operator\"}")
                    .statusCode());
            holds(database, id, "status = 'disabled' AND status_reason = 'loops' AND disabled_by = 'operator'"
                    + " AND disabled_reason = 'loops' AND disabled_at IS NOT NULL");
        });
        tests.put("what was changed is read back", () -> {
            String id = workflows(database, 1).get(0);
            patch(url, id, "deprecated");
            same(true, ask("GET", url + id, "").body().contains("\"status\":\"deprecated\""));
        });
        tests.put("a status that the catalogue does not know is 400, with SQLSTATE 23514, and changes nothing", () -> {
            String id = workflows(database, 1).get(0);
            HttpResponse<String> answer = patch(url, id, "paused");
            same("400 true", answer.statusCode() + " " + answer.body().contains("23514"));
            holds(database, id, "status = 'active'");
        });
        tests.put("an unknown workflow is 404",
                () -> same(404, patch(url, "00000000-0000-4000-8000-000000000000", "archived").statusCode()));
        return tests;
    }

    private static HttpResponse<String> patch(String url, String id, String status) throws Exception {
        return ask("PATCH", url + id, "{\"status\": \"" + status
                + "\", \"reason\": \"superseded by v2\", \"updatedBy\": \"operator\"}");
    }

    private static HttpResponse<String> ask(String method, String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        // The request's own limit goes by the time of day in JDK 17: it would end when the clock is set.
        return HttpClient.newHttpClient().sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static void holds(DataSource database, String id, String condition) throws SQLException {
        try (Connection c = database.getConnection()) {
            String row = "SELECT " + condition + " FROM remediation_workflow_catalog WHERE workflow_id = ?::uuid";
            same("t", Sql.rows(c, row, id).get(0).get(0));
        }
    }
}
