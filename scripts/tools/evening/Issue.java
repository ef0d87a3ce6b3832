/** How an issue stands at the end of the run.
 *
 * @param script the one that tells more
 * @param proven null where it could not be replayed */
record Issue(String title, String outcome, String script, Boolean proven) {
}
