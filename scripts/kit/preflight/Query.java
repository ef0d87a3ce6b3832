//SOURCES ../report/Where.java
package kit.preflight;

import kit.report.Where;

/** A statement in the source that is surely whole; its parameters are question marks.
 *
 * @param test whether it stands in a test */
record Query(Where where, String sql, boolean test) {
}
