//SOURCES LocalMachine.java
//SOURCES PortHost.java
//SOURCES PortKind.java
//SOURCES PortListening.java
//SOURCES PortPlace.java
//SOURCES PortProblems.java
//SOURCES PortProject.java
//SOURCES PortSide.java
//SOURCES PortTable.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
package kit.ports;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import kit.report.Report;
import kit.report.Severity;

/** Holds places against each other, against what listens, and against the table; a doubt is a warning, and never an
 * error. */
public final class PortJudgement {
    public final PortProblems problems = new PortProblems();
    private final PortProject project;
    private final LocalMachine machine;
    private final PortTable table;
    private final List<PortPlace> places;
    /** Null where only files are looked at. */
    private final PortListening listening;

    /** @param machine null where only files are looked at
     * @param table   null where the project has none */
    public PortJudgement(PortProject project, LocalMachine machine, PortTable table) {
        this.project = project;
        this.machine = machine;
        this.table = table;
        this.places = project.places;
        this.listening = machine == null ? null : new PortListening(project, machine, problems);
        if (table != null) {
            againstTable();
        }
        shared();
        sameContainer();
        places.stream().filter(p -> p.counts(PortSide.INSIDE)).forEach(this::inside);
        places.stream().filter(PortPlace::dials).forEach(this::dialled);
        if (listening != null) {
            listening.families();
            listening.taken();
        }
    }

    private void dialled(PortPlace place) {
        List<PortPlace> publishers = project.published(place.kind);
        if (publishers.stream().anyMatch(p -> p.at(place.port)) || publishers.isEmpty()
                || place.kind == PortKind.SERVICE && !mixedUp(place)) {
            if (listening != null) {
                listening.answered(place);
            }
            return;
        }
        PortPlace partner = project.partner(place);
        PortPlace shown = partner != null ? partner : publishers.get(0);
        if (machine != null && machine.is(place.port, place.kind) && !place.source.test()) {
            // Another server of the reader's, which is there: not ours to judge.
            return;
        }
        boolean container = publishers.stream().anyMatch(p -> p.inside == place.port);
        long agreeing = dialling(place.kind, shown.port);
        long like = dialling(place.kind, place.port);
        boolean publisherWrong = partner != null && !container && agreeing == 0 && like > 1;
        PortPlace wrong = publisherWrong ? partner : place;
        int right = publisherWrong ? place.port : shown.port;
        // Tests may have a set-up of their own, which the rest of the project is not bound to.
        boolean apart = publishers.stream().allMatch(p -> p.source.test()) && !place.source.test();
        String why = container
                ? place.port + " is the side within the container; from the host it is " + shown.port + " ("
                        + shown.where() + ")"
                : publisherWrong ? like + " places dial " + place.port + ", none dials " + shown.port
                : agreeing > 0
                        ? agreeing + (agreeing == 1 ? " place dials " : " places dial ") + shown.port
                                + ", which is what " + shown.where() + " publishes"
                : "nothing publishes " + place.port + ", and a port is published in one place only";
        String text = publisherWrong
                ? "publishes " + place.kind.title + " on " + partner.port + ", while it is dialled on " + place.port
                        + " (" + place.where() + ")"
                : "dials " + place.kind.title + " on " + place.port + ", which nothing publishes: " + describe(shown)
                        + " publishes " + shown.port;
        problems.add("PORT_DISAGREES", apart ? Severity.warning : Severity.error, wrong, text,
                "most likely wrong: " + wrong.where() + ", for " + why, PortProblems.change(wrong, right));
        if (partner != null && !apart) {
            problems.corrections.putIfAbsent(wrong, right);
        }
        if (machine != null && (machine.open(place.port) || machine.is(shown.port, place.kind))) {
            listening.answered(place);
        }
    }

    /** Of a service only what is certain: its container's side, dialled from the host. */
    private boolean mixedUp(PortPlace place) {
        List<PortPlace> same = project.published(PortKind.SERVICE).stream().filter(p -> p.inside == place.port)
                .toList();
        boolean listens = places.stream().anyMatch(p -> p.side == PortSide.ELSEWHERE && p.port == place.port);
        return place.source.test() && same.size() == 1 && same.get(0).port != place.port && !listens;
    }

    private long dialling(PortKind kind, int port) {
        return places.stream().filter(p -> p.kind == kind && p.dials() && p.port == port).count();
    }

    static String describe(PortPlace publisher) {
        return publisher.where() + (publisher.owner.isEmpty() ? "" : " (" + publisher.owner + ")");
    }

    /** Within the network the container's own port counts; the published one is refused there. */
    private void inside(PortPlace place) {
        List<PortPlace> own = places.stream().filter(p -> p.counts(PortSide.PUBLISHED) && !p.owner.isEmpty()
                && p.owner.equals(PortHost.bare(place.host)) && p.kind == place.kind).toList();
        boolean right = own.isEmpty() || own.stream().anyMatch(p -> p.inside == place.port)
                || places.stream().anyMatch(p -> p != place && p.side == PortSide.INSIDE
                        && p.owner.equals(PortHost.bare(place.host)) && p.host.isEmpty() && p.port == place.port);
        own.stream().filter(p -> p.port == place.port && !right).findFirst().ifPresent(p -> {
            problems.error("PORT_DISAGREES", place,
                    "dials " + p.owner + " on " + place.port
                            + " from inside the container network, where it listens on " + p.inside,
                    "most likely wrong: " + place.where() + ", for " + p.where() + " publishes " + p.port
                            + " on the host only",
                    PortProblems.change(place, p.inside));
            problems.corrections.putIfAbsent(place, p.inside);
        });
    }

    /** Two services on one port of the host: of one file both are started, of two files perhaps never at once. */
    private void shared() {
        List<PortPlace> publishers = places.stream().filter(p -> p.counts(PortSide.PUBLISHED)).toList();
        for (int i = 0; i < publishers.size(); i++) {
            PortPlace later = publishers.get(i);
            publishers.subList(0, i).stream()
                    .filter(p -> p.port == later.port && !p.owner.equals(later.owner) && overlap(p, later)).findFirst()
                    .ifPresent(first -> {
                        boolean oneFile = first.source == later.source;
                        boolean together = oneFile && (compose(first) || first.kind != later.kind);
                        boolean race = first.named && later.named && first.source.test() && later.source.test();
                        if (together || race) {
                            problems.add("PORT_SHARED", Severity.error, later,
                                    later.owner + " publishes " + later.port + ", which " + describe(first)
                                            + " publishes, too",
                                    together ? "whichever is started second fails: address already in use"
                                            : "two suites that run at once race for it",
                                    "check-ports --plan");
                        }
                    });
        }
    }

    private static boolean compose(PortPlace place) {
        return place.source.path().toString().matches(".*\\.ya?ml");
    }

    private static boolean overlap(PortPlace a, PortPlace b) {
        boolean addresses = a.host.isEmpty() || b.host.isEmpty() || a.host.equals(b.host)
                || PortHost.bare(a.host).equals("0.0.0.0") || PortHost.bare(b.host).equals("0.0.0.0");
        return addresses
                && (a.profiles.isEmpty() || b.profiles.isEmpty() || !Collections.disjoint(a.profiles, b.profiles));
    }

    /** One container name, two published ports: only one of them can be true. */
    private void sameContainer() {
        List<PortPlace> named = places.stream().filter(p -> p.counts(PortSide.PUBLISHED) && p.named).toList();
        for (int i = 0; i < named.size(); i++) {
            PortPlace later = named.get(i);
            named.subList(0, i).stream()
                    .filter(p -> p.owner.equals(later.owner) && p.inside == later.inside && p.port != later.port)
                    .findFirst().ifPresent(first -> problems.add("PORT_DISAGREES", Severity.warning, later,
                            "publishes " + later.owner + " on " + later.port + ", and " + first.where() + " on "
                                    + first.port,
                            "a container of that name is there once: whoever starts it first decides",
                            PortProblems.change(later, first.port)));
        }
    }

    private void againstTable() {
        for (PortPlace p : places) {
            PortTable.Row row = p.counts(PortSide.PUBLISHED) ? table.of(p) : null;
            List<Integer> known = table.rows().values().stream().filter(r -> r.kind() == p.kind)
                    .map(PortTable.Row::host).toList();
            if (p.counts(PortSide.PUBLISHED) && row == null) {
                problems.error("PORT_DISAGREES", p, "publishes " + p.port + (p.owner.isEmpty() ? "" : " for " + p.owner)
                        + ", which " + PortTable.FILE + " does not have", "", "check-ports --apply");
            } else if (row != null && row.host() != p.port) {
                problems.error("PORT_DISAGREES", p,
                        "publishes " + p.owner + " on " + p.port + "; in " + PortTable.FILE + " it has " + row.host(),
                        "", PortProblems.change(p, row.host()));
                problems.corrections.putIfAbsent(p, row.host());
            } else if (p.dials() && p.kind != PortKind.SERVICE && !known.contains(p.port)) {
                PortPlace partner = project.partner(p);
                PortTable.Row meant = partner == null ? null : table.of(partner);
                problems.error("PORT_DISAGREES", p,
                        "dials " + p.kind.title + " on " + p.port + "; in " + PortTable.FILE + " it has "
                                + (known.isEmpty() ? "none" : known.toString().replaceAll("[\\[\\]]", "")),
                        "",
                        meant == null ? "check-ports --apply" : PortProblems.change(p, meant.host()));
                if (meant != null) {
                    problems.corrections.putIfAbsent(p, meant.host());
                }
            }
        }
    }

    /** Who agrees with whom, and what does not. */
    public void show(Report report) {
        report.step("Who agrees with whom");
        Map<String, List<PortPlace>> published = places.stream().filter(p -> p.counts(PortSide.PUBLISHED))
                .collect(Collectors.groupingBy(p -> p.kind.title + p.port + "/" + p.inside, TreeMap::new,
                        Collectors.toList()));
        published.values().forEach(these -> agreement(report, these));
        problems.all.forEach(p -> report.tell(p.severity(), p.place().where() + " " + p.text()));
        if (published.isEmpty() && problems.all.isEmpty()) {
            report.say("nothing disagrees");
        }
    }

    /** One mapping: its two sides, who dials it, and that 5432 within and 15433 without are both right. */
    private void agreement(Report report, List<PortPlace> publishers) {
        PortPlace p = publishers.get(0);
        List<PortPlace> dial = places.stream().filter(d -> d.kind == p.kind && d.dials() && p.at(d.port))
                .toList();
        Set<String> owners = publishers.stream().map(o -> o.owner).collect(Collectors.toSet());
        List<PortPlace> within = places.stream().filter(i -> i.side == PortSide.INSIDE && i.kind == p.kind
                && i.port == p.inside && (i.owner.isEmpty() || owners.contains(i.owner))).toList();
        if (dial.isEmpty() && p.kind != PortKind.SERVICE) {
            report.say(p.port + " is published by " + some(publishers) + ", and no one here uses it");
        } else if (!dial.isEmpty() && !problems.any(x -> publishers.contains(x.place()))) {
            report.good(p.port + " outside"
                    + (p.inside > 0 && p.inside != p.port ? ", " + p.inside + " inside: two sides of one mapping" : "")
                    + "\npublished  " + some(publishers) + "\ndialled    " + some(dial)
                    + (within.isEmpty() ? "" : "\ninside     " + some(within)));
        }
    }

    private static String some(List<PortPlace> places) {
        return places.stream().limit(3).map(p -> p.where().toString()).collect(Collectors.joining(", "))
                + (places.size() > 3 ? " and " + (places.size() - 3) + " more" : "");
    }
}
