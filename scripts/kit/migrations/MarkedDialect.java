//SOURCES Dialect.java
//SOURCES Listing.java
//SOURCES Marked.java
//SOURCES Migration.java
package kit.migrations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A tool whose files are known by marks in comments: one that has none is read as it is, or said to have none. */
abstract class MarkedDialect extends Dialect {
    private final String mark;

    /** @param mark with which the tool's comments begin */
    MarkedDialect(String title, String name, String mark) {
        super(title, name);
        this.mark = mark;
    }

    abstract boolean marked(Listing listing, Path file);

    @Override
    String marks(Listing listing) {
        return most(listing, votes(listing), "have “" + mark + "” marks");
    }

    @Override
    long votes(Listing listing) {
        return listing.sql().stream().filter(file -> !Marked.namedOtherwise(file) && marked(listing, file)).count();
    }

    @Override
    List<Migration> read(Listing listing) throws IOException {
        return Marked.asTheyAre(super.read(listing), m -> marked(listing, m.file()), title, upMark());
    }
}
