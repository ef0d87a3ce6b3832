//SOURCES ../config/ComposeFile.java
//SOURCES ../config/Mount.java
//SOURCES PortFinds.java
//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortSide.java
//SOURCES ../config/Yaml.java
//SOURCES ../config/YamlError.java
package kit.ports;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.config.ComposeFile;
import kit.config.Mount;
import kit.config.Yaml;
import kit.config.YamlError;

/** What the structure of a compose file, a workflow of GitHub's, a Kubernetes manifest or a kind cluster says about
 * ports. */
final class PortStructure {
    private static final Pattern RELEVANT = Pattern.compile("(?m)^[ \\t\"']*(services|apiVersion|jobs)[\"']?:");
    private static final Pattern PORTS = Pattern.compile(PortFinds.PAIR);

    private static final Pattern RANGE = Pattern
            .compile("(?:[\\d.]+:)?(\\d{2,5})-(\\d{2,5}):(\\d{2,5})(?:-\\d{2,5})?(?:/tcp)?");

    private final PortFinds finds;
    /** What has been looked at: an alias may stand in many places. */
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    PortStructure(PortFinds finds) {
        this.finds = finds;
    }

    void read() {
        if (!RELEVANT.matcher(finds.source.text()).find()) {
            return;
        }
        try {
            Yaml.all(finds.source.text(), Long.MAX_VALUE).forEach(this::document);
        } catch (YamlError e) {
            finds.trouble = e.getMessage();
            finds.troubleLine = e.line;
        }
    }

    private void document(Yaml document) {
        if (document.members().containsKey("apiVersion")) {
            if (document.text("kind").equals("Cluster")) {
                document.at("nodes").items()
                        .forEach(node -> node.at("extraPortMappings").items().forEach(this::mapped));
            } else {
                finds.inside(document.start(), document.end());
                manifest(document, document.text("metadata.name"));
            }
            return;
        }
        ComposeFile compose = new ComposeFile(finds.source.path(), document);
        compose.services().forEach(this::service);
        document.at("jobs").members().values().forEach(job -> {
            compose.services(job.at("services")).forEach(this::service);
            if (job.members().containsKey("container")) {
                finds.inside(job.start(), job.end());
            }
        });
    }

    // compose ---------------------------------------------------------------------------------------------------

    private void service(ComposeFile.Service service) {
        String owner = service.container().isEmpty() ? service.name : service.container();
        String words = service.name + " " + service.image();
        for (ComposeFile.Port port : service.ports()) {
            Matcher m = PORTS.matcher(port.text());
            Matcher range = RANGE.matcher(port.text());
            if (range.matches()) {
                int first = Integer.parseInt(range.group(1));
                PortKind kind = PortFinds.kind(words, Integer.parseInt(range.group(3)));
                finds.add(port.at().start() + range.start(1), port.at().start() + range.end(1), first, kind,
                        PortSide.PUBLISHED, p -> {
                            p.last = Integer.parseInt(range.group(2));
                            p.inside = Integer.parseInt(range.group(3));
                            p.owner = owner;
                            p.profiles = service.profiles();
                            p.otherEngine = PortKind.other(words);
                        });
            } else if (m.matches() && !"udp".equals(m.group("proto"))) {
                PortKind kind = PortFinds.kind(words, PortFinds.number(m, "in"));
                String variable = m.group("var") != null ? m.group("var") : m.group("field");
                finds.publish(port.at().start(), m, true, variable,
                        new PortFinds.Owner(owner, kind, !service.container().isEmpty(), service.profiles(),
                                PortKind.other(words)));
            }
        }
        service.body.at("expose").items().forEach(port -> inside(port, PortKind.of(words), owner));
        if (!service.onHostNetwork()) {
            finds.inside(service.body.start(), service.body.end());
            Stream.concat(service.environmentFiles().stream(),
                    service.mounts(name -> null).stream().map(Mount::source)).forEach(this::mounted);
        }
    }

    private void mounted(String file) {
        if (file.matches("\\.{0,2}[\\w./-]+") && (file.contains("/") || file.contains("."))) {
            finds.mounted.add(finds.source.path().resolveSibling(file).normalize());
        }
    }

    // Kubernetes, kind -------------------------------------------------------------------------------------------

    private void mapped(Yaml mapping) {
        int node = mapping.at("containerPort").number();
        add(mapping.at("hostPort"), PortKind.SERVICE, PortSide.PUBLISHED, "node port " + node, node);
    }

    private void manifest(Yaml yaml, String owner) {
        if (!seen.add(yaml.members()) | !seen.add(yaml.items())) {
            return;
        }
        yaml.items().forEach(each -> manifest(each, owner));
        String name = owner + " " + yaml.text("name") + " " + yaml.text("image");
        for (Yaml port : yaml.at("ports").items()) {
            int container = port.at("containerPort").number();
            PortKind kind = PortFinds.kind(name + " " + port.text("name"),
                    Math.max(container, port.at("targetPort").number()));
            inside(port.at("containerPort"), kind, owner);
            PortPlace service = inside(port.at("port"), kind, owner);
            int nodePort = port.at("nodePort").number();
            if (service != null && nodePort > 0) {
                finds.nodePorts.put(nodePort, service);
            }
            add(port.at("hostPort"), kind, PortSide.PUBLISHED, owner, container);
        }
        for (Yaml variable : yaml.at("env").items()) {
            String called = variable.text("name");
            if (PortKind.of(called) != null && called.toLowerCase(Locale.ROOT).endsWith("port")) {
                PortPlace place = inside(variable.at("value"), PortKind.of(called), "");
                if (place != null) {
                    place.variable = called;
                }
            }
        }
        yaml.members().values().forEach(each -> manifest(each, owner));
    }

    private PortPlace inside(Yaml port, PortKind kind, String owner) {
        return port.number() > 9 ? add(port, kind, PortSide.INSIDE, owner, 0) : null;
    }

    private PortPlace add(Yaml port, PortKind kind, PortSide side, String owner, int inside) {
        return port.number() == 0 ? null
                : finds.add(port.start(), port.start() + port.text().length(), port.number(), kind, side, p -> {
                    p.owner = owner;
                    p.inside = inside;
                });
    }
}
