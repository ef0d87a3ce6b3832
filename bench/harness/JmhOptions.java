//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ../UpdateStatus.java
//SOURCES Meter.java
//SOURCES Trial.java
//DEPS org.openjdk.jmh:jmh-core:1.37
package bench.harness;

import java.io.IOException;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

import bench.UpdateStatus.Connecting;
import bench.UpdateStatus.Latency;
import kit.report.Stop;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** JMH's own options, as the command line gave them. */
public final class JmhOptions {
    private static final List<String> JVM = List.of("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-Xshare:auto");
    /** The second compiler would work for seconds, on processors that the server wants; a client that mostly waits
     * gains little by it. */
    private static final List<String> QUICKLY_WARM = Stream.concat(JVM.stream(), Stream.of("-XX:TieredStopAtLevel=1"))
            .toList();
    private final CommandLineOptions given;
    private final List<Pattern> includes;
    private final List<Pattern> excludes;

    private JmhOptions(CommandLineOptions given) {
        this.given = given;
        try {
            includes = given.getIncludes().stream().map(Pattern::compile).toList();
            excludes = given.getExcludes().stream().map(Pattern::compile).toList();
        } catch (PatternSyntaxException e) {
            throw Stop.usage("\"" + e.getPattern() + "\" is no regular expression: " + e.getDescription());
        }
    }

    public static JmhOptions of(List<String> arguments) {
        try {
            return new JmhOptions(new CommandLineOptions(arguments.toArray(String[]::new)));
        } catch (CommandLineOptionException e) {
            String why = String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
            // JMH takes the dashes away.
            String option = arguments.stream()
                    .filter(argument -> why.startsWith(argument.replaceFirst("^-+", "") + " ")).findFirst()
                    .orElse("an option");
            throw Stop.usage(why.contains("not a recognized option")
                    ? option + " is an option that neither benchmark (see --help) nor JMH has"
                    : "JMH's " + why.replaceFirst("^Cannot parse argument '(.*)' of option (\\S+)\\. The given",
                            "option -$2 cannot be '$1': the"));
        }
    }

    /** JMH's -l, -lp, -lprof and -lrf. */
    public boolean lists() throws IOException {
        if (given.shouldList()) {
            new Runner(given).list();
        } else if (given.shouldListWithParams()) {
            new Runner(given).listWithParams(given);
        } else if (given.shouldListProfilers()) {
            given.listProfilers();
        } else if (given.shouldListResultFormats()) {
            given.listResultFormats();
        } else {
            return false;
        }
        return true;
    }

    public boolean chooses(Trial trial) {
        String text = trial.name() + " " + trial.benchmark();
        return (includes.isEmpty() || includes.stream().anyMatch(p -> p.matcher(text).find()))
                && excludes.stream().noneMatch(p -> p.matcher(text).find());
    }

    public int forks(int otherwise) {
        return atLeastOne("-f", given.getForkCount().orElse(otherwise));
    }

    public Optional<Integer> threads() {
        return given.getThreads().hasValue() ? Optional.of(atLeastOne("-t", given.getThreads().get()))
                : Optional.empty();
    }

    public int iterations(int otherwise) {
        return atLeastOne("-i", given.getMeasurementIterations().orElse(otherwise));
    }

    private static int atLeastOne(String option, int value) {
        if (value < 1) {
            throw Stop.usage(option + " " + value + " would measure nothing: give at least 1");
        }
        return value;
    }

    public List<String> values(String parameter, String otherwise) {
        return given.getParameter(parameter).hasValue() ? List.copyOf(given.getParameter(parameter).get())
                : List.of(otherwise);
    }

    public double warmUp(Trial trial) {
        return given.getWarmupIterations().orElse(trial.warmups())
                * given.getWarmupTime().orElse(TimeValue.milliseconds(trial.millis())).convertTo(TimeUnit.MILLISECONDS)
                / 1e3;
    }

    public double seconds(Trial trial) {
        return warmUp(trial) + iterations(trial.iterations()) * given.getMeasurementTime()
                .orElse(TimeValue.milliseconds(trial.millis())).convertTo(TimeUnit.MILLISECONDS) / 1e3;
    }

    /** What JMH is asked for: the trial, and over it whatever the command line says. */
    public Options of(Trial trial, int forks, Path target) {
        Options parent = (Options) Proxy.newProxyInstance(Options.class.getClassLoader(),
                new Class<?>[] {Options.class}, new WithoutPatterns(given));
        ChainedOptionsBuilder builder = new OptionsBuilder().parent(parent)
                .include("^" + Pattern.quote(trial.benchmark()) + "$")
                .forks(forks).threads(trial.clients()).shouldFailOnError(true).addProfiler(Latency.class.getName())
                .addProfiler(Meter.class.getName()).addProfiler("gc");
        trial.parameters().forEach((name, value) -> {
            // What goes on beside the updates is no affair of the fork's.
            if (!name.equals("beside")) {
                builder.param(name, value);
            }
        });
        builder.mode(trial.bursts() ? Mode.SingleShotTime : Mode.Throughput)
                .timeUnit(trial.bursts() ? TimeUnit.MILLISECONDS : TimeUnit.SECONDS);
        TimeValue time = TimeValue.milliseconds(trial.millis());
        builder.warmupIterations(given.getWarmupIterations().orElse(trial.warmups()))
                .warmupTime(given.getWarmupTime().orElse(time))
                .measurementIterations(given.getMeasurementIterations().orElse(trial.iterations()))
                .measurementTime(given.getMeasurementTime().orElse(time))
                .timeout(given.getTimeout().orElse(TimeValue.seconds(60)))
                .jvmArgs(given.getJvmArgs().orElse(trial.test().equals("cold") ? JVM : QUICKLY_WARM)
                        .toArray(String[]::new))
                .jvmArgsAppend(Stream.concat(given.getJvmArgsAppend().orElse(List.of()).stream(),
                        Stream.of("-D" + Connecting.PROPERTY + "=" + target)).toArray(String[]::new));
        return builder.build();
    }

    /** The options of the command line without its patterns: they have chosen the trials, and here would add
     * benchmarks. JMH sends it to its forks. */
    record WithoutPatterns(CommandLineOptions given) implements InvocationHandler, Serializable {
        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws ReflectiveOperationException {
            return method.getName().matches("get(Warmup)?Includes|getExcludes") ? List.of()
                    : method.invoke(given, arguments);
        }
    }
}
