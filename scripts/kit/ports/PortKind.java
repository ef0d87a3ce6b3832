package kit.ports;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whose port it is. */
public enum PortKind {
    POSTGRES("PostgreSQL", 5432), REDIS("Redis", 6379), SERVICE("service", 0);

    private static final String OF_REDIS = "redis(cli)?|ioredis|valkey|keydb|redisport";
    private static final String OF_POSTGRES = "postgres|postgresql|postgis|timescaledb|pgvector|pg|pgx|pgxpool|psql"
            + "|pgsql|psycopg2?|asyncpg|pgport|dbport|pghost|db|database|datasource";

    public final String title;
    /** The port that is meant where none is named; 0 for none. */
    public final int usual;

    PortKind(String title, int usual) {
        this.title = title;
        this.usual = usual;
    }

    private static final Pattern OTHERS = Pattern.compile(
            "(?i)mysql|mariadb|percona|mongo|oracle|mssql|sqlserver|cassandra|scylla|clickhouse|elastic|opensearch"
                    + "|influx|neo4j|couch|rabbit|kafka|nats|memcached|minio|etcd|zookeeper");

    /** Whether words such as the image of a container speak of another database, or of a queue. */
    static boolean other(String words) {
        return OTHERS.matcher(words).find();
    }

    /** As ports.yaml has it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Of its usual port; null for every other. */
    static PortKind usual(int port) {
        return port == POSTGRES.usual ? POSTGRES : port == REDIS.usual ? REDIS : null;
    }

    /** What words such as postgresPort, DB_PORT or redis:7-alpine speak of; null if neither of a PostgreSQL nor of a
     * Redis. */
    static PortKind of(String words) {
        Set<String> tokens = tokens(words);
        return tokens.stream().anyMatch(t -> t.matches(OF_REDIS)) ? REDIS
                : tokens.stream().anyMatch(t -> t.matches(OF_POSTGRES)) ? POSTGRES : null;
    }

    /** The words of a name, whether snake, kebab or camel. */
    static Set<String> tokens(String words) {
        return Stream.of(words.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ").toLowerCase(Locale.ROOT).split("[^a-z0-9]+"))
                .filter(t -> !t.isEmpty()).collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
