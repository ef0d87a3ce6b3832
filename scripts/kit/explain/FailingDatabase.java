package kit.explain;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens the database that fails; what it gives is only read, and closed. */
public interface FailingDatabase {
    Connection open() throws SQLException;
}
