package kit.postgres;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** An extension that the embedded server does not have: where it is to be had, and what it brings.
 *
 * @param image  the image of containers that has it, with %s for the server's major; null where none is known
 * @param brings the names of its types, functions, schemas and methods */
public record Extension(String name, String image, Pattern brings) {

    private static final List<Extension> KNOWN = List.of(
            known("vector", "pgvector/pgvector:pg%s",
                    "vector|halfvec|sparsevec|hnsw|ivfflat|(vector|halfvec|sparsevec|bit)_\\w+_ops"
                            + "|(l1|l2|cosine|hamming|jaccard)_distance|inner_product|l2_norm|l2_normalize"
                            + "|binary_quantize|vector_\\w+"),
            known("postgis", "postgis/postgis:%s-3.6",
                    "geometry|geography|box2d|box3d|_?st_\\w+|_?postgis_\\w+|spatial_ref_sys|geometry_columns"
                            + "|geography_columns|addgeometrycolumn|dropgeometrycolumn|gist_geometry_ops\\w*"
                            + "|updategeometrysrid|populate_geometry_columns"),
            known("postgis_topology", "postgis/postgis:%s-3.6", "topology|topogeometry|st_\\w+"),
            known("postgis_raster", "postgis/postgis:%s-3.6", "raster|raster_\\w+|st_\\w+"),
            known("timescaledb", "timescale/timescaledb:latest-pg%s",
                    "_?timescaledb\\w*|create_(?:distributed_)?hypertable|time_bucket\\w*|set_\\w+_interval"
                            + "|(add|remove|alter)_\\w+_policy|add_(job|dimension)|by_range|by_hash|drop_chunks"
                            + "|show_chunks|compress_chunk|decompress_chunk|refresh_continuous_aggregate"
                            + "|hypertable_size|hypertable_detailed_size|locf|interpolate|first|last|histogram"),
            known("pg_cron", null, "cron"),
            known("pgcrypto", null, "gen_random_bytes|crypt|gen_salt|digest|hmac|pgp_\\w+|armor|dearmor"),
            known("uuid-ossp", null, "uuid_generate_\\w+|uuid_ns_\\w+|uuid_nil"),
            known("pg_uuidv7", null, "uuid_generate_v7|uuid_v7_\\w+|uuid_timestamptz_to_v7"),
            known("plv8", null, "plv8\\w*"), known("pgmq", null, "pgmq"),
            known("pg_partman", null, "partman|part_config"),
            known("pg_net", null, "net"), known("http", null, "http\\w*|urlencode"),
            known("age", null, "ag_catalog|agtype|cypher|create_graph"), known("hll", null, "hll\\w*"));

    private static Extension known(String name, String image, String brings) {
        return new Extension(name, image, Pattern.compile("(?i)(?<![\\w$])(?:" + brings + ")(?![\\w$])"));
    }

    /** One that nothing is known of may bring anything. */
    public static Extension of(String name) {
        return KNOWN.stream().filter(e -> e.name.equals(name.toLowerCase(Locale.ROOT))).findFirst()
                .orElseGet(() -> new Extension(name, null, null));
    }

    /** Whether a failure comes from its not being here.
     *
     * @param state   the SQLSTATE
     * @param message what the server said */
    public boolean explains(String state, String message, String statement) {
        boolean unknown = state.matches("42704|42883|3F000");
        if (brings == null) {
            return unknown || state.equals("42P01") && message.contains("\"" + name + ".");
        }
        return brings.matcher(message).find()
                || (unknown || state.matches("42804|42846|42725|42809|22P02|0A000|22023"))
                        && brings.matcher(statement).find();
    }

    /** What calls a server that has it. */
    public String remedy(int major) {
        return image == null ? "# on a server that has " + name + ": --url jdbc:postgresql://HOST:PORT/DATABASE"
                : "--url jdbc:tc:" + image.formatted(major) + ":///db";
    }
}
