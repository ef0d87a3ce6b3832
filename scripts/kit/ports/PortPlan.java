//SOURCES LocalMachine.java
//SOURCES PortChange.java
//SOURCES PortDiff.java
//SOURCES PortJudgement.java
//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortProject.java
//SOURCES PortSide.java
//SOURCES PortSource.java
//SOURCES PortTable.java
//SOURCES ../report/Report.java
//SOURCES ../report/Stop.java
package kit.ports;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import kit.report.Report;
import kit.report.Stop;

/** One table of ports for all services of a tree, and the edits that lead to it. */
public final class PortPlan {
    public final PortProject project;
    private final PortJudgement judgement;
    private final LocalMachine machine;
    private final Map<String, PortTable.Row> rows = new LinkedHashMap<>();
    private final Map<PortPlace, String> names = new LinkedHashMap<>();
    private final Map<PortPlace, Integer> edits = new LinkedHashMap<>();
    /** What is left to the reader. */
    public final List<String> byHand = new ArrayList<>();

    public PortPlan(PortProject project, PortJudgement judgement, LocalMachine machine, PortTable old) {
        this.project = project;
        this.judgement = judgement;
        this.machine = machine;
        List<PortPlace> publishers = project.places.stream().filter(p -> p.counts(PortSide.PUBLISHED)).toList();
        publishers.forEach(p -> names.put(p, p.name(publishers.stream()
                .anyMatch(q -> q.port != p.port && q.name(false).equals(p.name(false)) && !q.named))));
        if (old != null) {
            old.rows().values().stream().filter(
                    row -> names.containsValue(row.name()) || publishers.stream().noneMatch(p -> old.of(p) == row))
                    .forEach(row -> rows.put(row.name(), row));
        }
        publishers.forEach(this::row);
        // A server that nobody here starts, such as one that is installed on the machine, has its row, too.
        project.places.stream()
                .filter(p -> p.dials() && p.kind != PortKind.SERVICE && project.published(p.kind).isEmpty())
                .forEach(p -> rows.putIfAbsent(p.kind.word() + "-" + p.port,
                        new PortTable.Row(p.kind.word() + "-" + p.port, p.kind, p.port, 0)));
        publishers.forEach(p -> edit(p, rows.get(names.get(p)).host()));
        project.places.stream().filter(PortPlace::dials).forEach(this::dial);
        judgement.problems.corrections.forEach((place, port) -> {
            if (place.side == PortSide.INSIDE) {
                edit(place, port);
            }
        });
    }

    /** Keeps the port that a service has, unless it is wrong, taken, or another's. */
    private void row(PortPlace publisher) {
        String name = names.get(publisher);
        if (rows.containsKey(name)) {
            return;
        }
        int port = judgement.problems.corrections.getOrDefault(publisher, publisher.port);
        boolean held = judgement.problems
                .any(p -> p.code().matches("PORT_TAKEN|PORT_NOT_POSTGRES") && p.place().port == port);
        boolean claimed = rows.values().stream().anyMatch(r -> r.host() == port)
                && judgement.problems.any(p -> p.code().equals("PORT_SHARED") && p.place().port == port);
        rows.put(name, new PortTable.Row(name, publisher.kind, held || claimed ? next(port) : port, publisher.inside));
    }

    /** The next port that nothing here names, no row has, and nothing listens on. */
    private int next(int port) {
        Set<Integer> used = project.places.stream().map(p -> p.port).collect(Collectors.toSet());
        rows.values().forEach(r -> used.add(r.host()));
        machine.listeners.forEach(l -> used.add(l.port()));
        machine.containers.forEach(b -> used.add(b.port()));
        int next = port;
        do {
            next = next == 65535 ? 1024 : next + 1;
        } while (used.contains(next));
        return next;
    }

    private void dial(PortPlace place) {
        PortPlace partner = project.partner(place);
        if (partner != null && (place.port == partner.port || place.kind != PortKind.SERVICE
                || judgement.problems.corrections.containsKey(place))) {
            edit(place, rows.get(names.get(partner)).host());
        } else if (partner == null && judgement.problems.any(p -> p.place() == place
                || p.code().equals("PORT_SHARED") && p.place().port == place.port && p.place().kind == place.kind)) {
            byHand.add(
                    place.where() + " dials " + place.port + ": two services are as near, so say which one is meant");
        }
    }

    private void edit(PortPlace place, int port) {
        if (place.port != port && !place.overridden) {
            edits.put(place, port);
        }
    }

    /** Shows the table and what changes; returns the diff. */
    public String show(Report report) {
        report.step("One table of ports");
        if (rows.isEmpty()) {
            throw Stop.unchecked("nothing here publishes or dials a port: there is nothing to make a table of");
        }
        int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
        report.say(String.format(Locale.ROOT, "%-" + width + "s  %-10s  %5s  %9s", "service", "kind", "host",
                "container"));
        rows.values().forEach(r -> report.say(String.format(Locale.ROOT, "%-" + width + "s  %-10s  %5d  %9s", r.name(),
                r.kind().title, r.host(), r.container() == 0 ? "" : r.container())));
        edits.forEach((place, port) -> report.warn(place.where() + "  " + place.port + " becomes " + port));
        byHand.forEach(report::warn);
        if (edits.isEmpty()) {
            report.good("every place says so already");
        }
        PortDiff diff = new PortDiff(project.root, files());
        diff.withheld.forEach(line -> report.say("not in the diff, for " + line + "; --apply makes this edit, too"));
        return diff.text;
    }

    /** The files that change, the table among them. */
    public List<PortChange> files() {
        Map<Path, List<Map.Entry<PortPlace, Integer>>> byFile = new TreeMap<>();
        edits.entrySet().forEach(e -> byFile.computeIfAbsent(e.getKey().source.path(), f -> new ArrayList<>()).add(e));
        List<PortChange> files = new ArrayList<>();
        byFile.forEach((path, list) -> {
            PortSource source = list.get(0).getKey().source;
            StringBuilder text = new StringBuilder(source.text());
            list.sort(Comparator.comparing(e -> -e.getKey().start));
            list.forEach(e -> text.replace(e.getKey().start, e.getKey().end, e.getKey().written(e.getValue())));
            files.add(new PortChange(path, source.text(), text.toString(), source.charset()));
        });
        Path table = project.root.resolve(PortTable.FILE);
        String text = new PortTable(rows).text();
        try {
            String old = Files.exists(table) ? Files.readString(table) : null;
            if (!text.equals(old)) {
                files.add(new PortChange(table, old, text, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }
}
