//SOURCES Backfill.java
//SOURCES Hurt.java
//SOURCES Observed.java
//SOURCES ../postgres/Sql.java
//SOURCES Shape.java
package kit.locks;

import java.util.ArrayList;
import java.util.List;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;

/** Another way from the tables as they were before a statement to what it makes of them, in steps of which none holds
 * for long what keeps others from writing. It is made of what is different, whatever the statement is; whether it leads
 * there is for the server to say. */
final class SafeWay {
    private final Observed o;
    private final int major;
    private final List<String> steps = new ArrayList<>();
    /** What is done once the rest is there. */
    private final List<String> last = new ArrayList<>();
    private boolean none;

    private SafeWay(Observed o, int major) {
        this.o = o;
        this.major = major;
    }

    /** The steps; none where no way is known.
     *
     * @param major of the server, for what newer ones can do */
    static List<String> of(Hurt hurt, int major) {
        SafeWay way = new SafeWay(hurt.at(), major);
        if (hurt.code().equals("BACKFILL_IN_DDL")) {
            way.steps.addAll(Backfill.of(hurt.at()));
        } else {
            way.o.before().tables().forEach((oid, was) -> {
                Shape.Table is = way.o.after().tables().get(oid);
                if (is != null) {
                    way.table(was, is);
                }
            });
        }
        way.steps.addAll(way.last);
        return way.none ? List.of() : way.steps;
    }

    /** Whether a step must run outside of a transaction. */
    static boolean outside(String step) {
        return step.contains("CONCURRENTLY") || step.startsWith("DO ") && step.contains("COMMIT;");
    }

    private void table(Shape.Table was, Shape.Table is) {
        if (was.kind().equals("m")) {
            boolean unique = was.indexes().values().stream().anyMatch(Shape.Index::unique);
            if (unique && was.file() != is.file()) {
                steps.add("REFRESH MATERIALIZED VIEW CONCURRENTLY " + was.name());
            }
            return;
        }
        if (!was.name().equals(is.name())) {
            none = true;
        }
        if (was.parent().isEmpty() && !is.parent().isEmpty()) {
            attach(was, is);
            return;
        }
        boolean partition = !was.parent().isEmpty() && o.before().tables().values().stream()
                .anyMatch(t -> t.name().equals(was.parent()));
        if (!partition) {
            columns(was, is);
        }
        constraints(was, is, partition);
        indexes(was, is, partition);
    }

    private void columns(Shape.Table was, Shape.Table is) {
        String alter = "ALTER TABLE " + was.name() + " ";
        boolean rewritten = o.rewritten().contains(was.name()) || was.partitioned() && !o.rewritten().isEmpty();
        was.columns().keySet().stream().filter(name -> !is.columns().containsKey(name))
                .forEach(name -> steps.add(alter + "DROP COLUMN " + name));
        is.columns().forEach((name, c) -> {
            Shape.Column old = was.columns().get(name);
            if (old == null) {
                added(was, alter, name, c, rewritten);
            } else if (!old.type().equals(c.type())) {
                retyped(was, is, name, old, c);
            } else if (!old.equals(c)) {
                changed(was, alter, name, old, c);
            }
        });
    }

    private void added(Shape.Table table, String alter, String name, Shape.Column c, boolean rewritten) {
        none |= !c.generated().isEmpty() || c.value().startsWith("nextval(");
        if (!rewritten || c.value().isEmpty()) {
            steps.add(alter + "ADD COLUMN " + name + " " + c.type()
                    + (c.value().isEmpty() ? "" : " DEFAULT " + c.value()) + (c.required() ? " NOT NULL" : ""));
            return;
        }
        steps.add(alter + "ADD COLUMN " + name + " " + c.type() + ", ALTER COLUMN " + name + " SET DEFAULT "
                + c.value());
        steps.add(Backfill.step(table, name + " = DEFAULT", name + " IS NULL"));
        if (c.required()) {
            require(table, alter, name);
        }
    }

    private void changed(Shape.Table table, String alter, String name, Shape.Column old, Shape.Column c) {
        none |= !old.generated().equals(c.generated());
        if (!old.value().equals(c.value())) {
            steps.add(alter + "ALTER COLUMN " + name + (c.value().isEmpty() ? " DROP DEFAULT"
                    : " SET DEFAULT " + c.value()));
        }
        if (c.required() && !old.required()) {
            require(table, alter, name);
        } else if (old.required() && !c.required()) {
            steps.add(alter + "ALTER COLUMN " + name + " DROP NOT NULL");
        }
    }

    private void require(Shape.Table table, String alter, String name) {
        String check = Sql.identifier(bare(table.name()) + "_" + bare(name) + "_not_null");
        if (major >= 18) {
            steps.add(alter + "ADD CONSTRAINT " + check + " NOT NULL " + name + " NOT VALID");
            steps.add(alter + "VALIDATE CONSTRAINT " + check);
        } else {
            steps.add(alter + "ADD CONSTRAINT " + check + " CHECK (" + name + " IS NOT NULL) NOT VALID");
            steps.add(alter + "VALIDATE CONSTRAINT " + check);
            // Two statements: in one the constraint would be gone before it can be made use of.
            steps.add(alter + "ALTER COLUMN " + name + " SET NOT NULL");
            steps.add(alter + "DROP CONSTRAINT " + check);
        }
    }

    /** A second column, kept in step by a trigger, filled in batches, and put in the first one's place. */
    private void retyped(Shape.Table was, Shape.Table is, String name, Shape.Column old, Shape.Column c) {
        Pattern word = Pattern.compile("(?<![\\w\"])" + Pattern.quote(name) + "(?![\\w\"])");
        none |= was.partitioned() || !c.generated().isEmpty() || !old.generated().isEmpty()
                || is.constraints().values().stream().anyMatch(k -> !k.kind().equals("n")
                        && word.matcher(k.definition()).find())
                || is.indexes().values().stream().anyMatch(i -> word.matcher(i.definition()
                        .replaceFirst("^.* USING ", "")).find());
        String alter = "ALTER TABLE " + was.name() + " ";
        String fresh = Sql.identifier(bare(name) + "_new");
        String both = Sql.identifier(bare(was.name()) + "_" + bare(name) + "_both");
        Matcher using = Pattern.compile("(?is).*\\busing\\s+(.+?)\\s*").matcher(o.part().sql());
        String value = using.matches() ? using.group(1) : name + "::" + c.type();
        String inRow = word.matcher(value).replaceAll(Matcher.quoteReplacement("NEW." + name));
        steps.add(alter + "ADD COLUMN " + fresh + " " + c.type());
        steps.add("CREATE FUNCTION " + both + "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW." + fresh + " := "
                + inRow + "; RETURN NEW; END $$");
        steps.add("CREATE TRIGGER " + both + " BEFORE INSERT OR UPDATE ON " + was.name()
                + " FOR EACH ROW EXECUTE FUNCTION " + both + "()");
        steps.add(Backfill.step(was, fresh + " = " + value, fresh + " IS DISTINCT FROM " + value));
        if (c.required()) {
            String check = Sql.identifier(bare(was.name()) + "_" + bare(name) + "_filled");
            steps.add(alter + "ADD CONSTRAINT " + check + " CHECK (" + fresh + " IS NOT NULL) NOT VALID");
            steps.add(alter + "VALIDATE CONSTRAINT " + check);
            last.add(alter + "ALTER COLUMN " + fresh + " SET NOT NULL; " + alter + "DROP CONSTRAINT " + check
                    + swapped(was, name, fresh, both, c));
        } else {
            last.add(swapped(was, name, fresh, both, c).substring(2));
        }
    }

    private static String swapped(Shape.Table was, String name, String fresh, String both, Shape.Column c) {
        String alter = "; ALTER TABLE " + was.name() + " ";
        return "; DROP FUNCTION " + both + "() CASCADE" + alter + "DROP COLUMN " + name + alter + "RENAME COLUMN "
                + fresh + " TO " + name
                + (c.value().isEmpty() ? "" : alter + "ALTER COLUMN " + name + " SET DEFAULT " + c.value());
    }

    private void constraints(Shape.Table was, Shape.Table is, boolean partition) {
        String alter = "ALTER TABLE " + was.name() + " ";
        was.constraints().forEach((name, k) -> {
            if (!partition && !is.constraints().containsKey(name) && !k.kind().equals("n")) {
                steps.add(alter + "DROP CONSTRAINT " + name);
            }
        });
        is.constraints().forEach((name, k) -> {
            Shape.Constraint old = was.constraints().get(name);
            if (partition || k.equals(old) || k.kind().equals("n")) {
                return;
            }
            String drop = old == null || old.definition().equals(k.definition() + " NOT VALID") ? ""
                    : "DROP CONSTRAINT " + name + ", ";
            if (k.kind().equals("c") || k.kind().equals("f")) {
                if (!drop.isEmpty() || old == null) {
                    steps.add(alter + drop + "ADD CONSTRAINT " + name + " " + k.definition()
                            + (k.valid() ? " NOT VALID" : ""));
                }
                if (k.valid()) {
                    last.add(alter + "VALIDATE CONSTRAINT " + name);
                }
            } else if (k.kind().equals("x") || was.partitioned() || is.indexes().get(k.index()) == null) {
                none = true;
            } else {
                steps.add(concurrently(is.indexes().get(k.index()).definition()));
                Matcher later = Pattern.compile(" DEFERRABLE.*").matcher(k.definition());
                last.add(alter + drop + "ADD CONSTRAINT " + name + (k.kind().equals("p") ? " PRIMARY KEY" : " UNIQUE")
                        + " USING INDEX " + unqualified(k.index()) + (later.find() ? later.group() : ""));
            }
        });
    }

    private void indexes(Shape.Table was, Shape.Table is, boolean partition) {
        was.indexes().forEach((name, i) -> {
            if (!is.indexes().containsKey(name) && !i.ofKey()) {
                steps.add("DROP INDEX CONCURRENTLY " + name);
            }
        });
        is.indexes().forEach((name, i) -> {
            Shape.Index old = was.indexes().get(name);
            if (i.ofKey()) {
                return;
            }
            if (old != null) {
                if (old.file() != i.file() && o.begins("reindex")) {
                    steps.add("REINDEX INDEX CONCURRENTLY " + name);
                }
            } else if (was.partitioned()) {
                steps.add(0, i.definition());
            } else {
                steps.add(concurrently(i.definition()));
                if (partition) {
                    parentOf(was, name, i);
                }
            }
        });
    }

    /** Hangs a partition's index below that of its table. */
    private void parentOf(Shape.Table leaf, String name, Shape.Index index) {
        String columns = index.definition().replaceFirst("^.* USING ", "");
        o.after().tables().values().stream().filter(t -> t.name().equals(leaf.parent())).forEach(parent -> parent
                .indexes().entrySet().stream()
                .filter(i -> i.getValue().definition().replaceFirst("^.* USING ", "").equals(columns))
                .limit(1).forEach(i -> last.add("ALTER INDEX " + i.getKey() + " ATTACH PARTITION " + name)));
    }

    private void attach(Shape.Table was, Shape.Table is) {
        String check = Sql.identifier(bare(was.name()) + "_bound");
        String alter = "ALTER TABLE " + was.name() + " ";
        if (is.demands().isEmpty()) {
            none = true;
            return;
        }
        steps.add(alter + "ADD CONSTRAINT " + check + " CHECK (" + is.demands() + ") NOT VALID");
        steps.add(alter + "VALIDATE CONSTRAINT " + check);
        last.add("ALTER TABLE " + is.parent() + " ATTACH PARTITION " + was.name() + " "
                + is.bound().substring(0, is.bound().indexOf('\n')));
        last.add(alter + "DROP CONSTRAINT " + check);
        o.before().tables().values().stream()
                .filter(t -> t.parent().equals(is.parent()) && t.bound().startsWith("DEFAULT")).forEach(rest -> {
                    String outside = Sql.identifier(bare(rest.name()) + "_outside");
                    steps.add("ALTER TABLE " + rest.name() + " ADD CONSTRAINT " + outside + " CHECK (NOT ("
                            + is.demands() + ")) NOT VALID");
                    steps.add("ALTER TABLE " + rest.name() + " VALIDATE CONSTRAINT " + outside);
                    last.add("ALTER TABLE " + rest.name() + " DROP CONSTRAINT " + outside);
                });
    }

    private static String concurrently(String definition) {
        return definition.replaceFirst("^CREATE (UNIQUE )?INDEX ", "CREATE $1INDEX CONCURRENTLY ");
    }

    private static String unqualified(String name) {
        return name.replaceFirst("^(?:\"[^\"]*\"|\\w+)\\.", "");
    }

    private static String bare(String name) {
        return name.replaceFirst("^.*\\.", "").replace("\"", "");
    }
}
