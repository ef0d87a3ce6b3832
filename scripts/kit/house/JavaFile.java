//SOURCES JavaText.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
package kit.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.lang.model.element.Modifier;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import kit.report.Stop;
import kit.report.Where;

/** One Java file of the collection: what it tells JBang, what it imports, which types it has and which names it uses,
 * each with its place. The JDK's own parser reads it, so nothing that stands in a text block is taken for code. */
public final class JavaFile {
    private static final Pattern DIRECTIVE = Pattern.compile("//([A-Z_]+)(?:\\s+(.*?))?(?:\\s//\\s.*)?");

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    /** One for all files, since each would open the JDK's modules anew. */
    private static final JavaFileManager FILES = COMPILER == null ? null
            : COMPILER.getStandardFileManager(null, null, null);

    /** What a line tells JBang: {@code //NAME value}. */
    public record Directive(String name, String value, int line) {
        public List<String> values() {
            return value == null ? List.of() : List.of(value.strip().split("[\\s;,]+"));
        }
    }

    /** An import, without the word; the offsets are those of the whole statement. */
    public record Import(String name, boolean isStatic, int line, int start, int end) {
        public String simple() {
            return name.substring(name.lastIndexOf('.') + 1);
        }
    }

    /** A type at the top of the file; one with a method named main is what JBang may take for the program. */
    public record Type(String name, int line, boolean isPublic, boolean hasMain, int start, int end) {
    }

    private final Path path;
    private final JavaText text;
    private final List<Directive> directives = new ArrayList<>();
    private final List<Directive> hidden = new ArrayList<>();
    private final List<Import> imports = new ArrayList<>();
    private final List<Type> types = new ArrayList<>();
    private final Set<String> declared = new TreeSet<>();
    private final TreeMap<Integer, String> names = new TreeMap<>();
    private String packageName = "";
    private int packageStart;
    private int packageEnd;

    private JavaFile(Path path, String content) {
        this.path = path;
        this.text = new JavaText(content);
        readDirectives();
        new Reader().read();
    }

    /** Reads a file.
     *
     * @throws Stop if it cannot be read, or is not Java: one sentence with file and line */
    public static JavaFile read(Path path) {
        try {
            return new JavaFile(path, Files.readString(path).replace("\r\n", "\n"));
        } catch (IOException e) {
            throw Stop.usage(Where.shown(path) + " cannot be read: " + e.getMessage());
        }
    }

    public Path path() {
        return path;
    }

    public JavaText text() {
        return text;
    }

    /** The package, empty where none is named. */
    public String packageName() {
        return packageName;
    }

    public int packageStart() {
        return packageStart;
    }

    public int packageEnd() {
        return packageEnd;
    }

    public List<Directive> directives() {
        return directives;
    }

    /** The values of all directives of a name, each with its line. */
    public List<Directive> directives(String name) {
        return directives.stream().filter(each -> each.name().equals(name))
                .flatMap(each -> each.values().stream().map(value -> new Directive(name, value, each.line()))).toList();
    }

    /** Lines inside text blocks that JBang, which looks at lines only, takes for directives. */
    public List<Directive> hidden() {
        return hidden;
    }

    public List<Import> imports() {
        return imports;
    }

    public List<Type> types() {
        return types;
    }

    /** The names of all types that are declared here, nested ones and type parameters too. */
    public Set<String> declared() {
        return declared;
    }

    /** Each simple name that the code uses, by its offset: of types, variables and methods alike. */
    public TreeMap<Integer, String> names() {
        return names;
    }

    /** The name of the one type that others know this file by. */
    public String qualifiedName() {
        String simple = path.getFileName().toString().replaceFirst("\\.java$", "");
        return packageName.isEmpty() ? simple : packageName + "." + simple;
    }

    private void readDirectives() {
        for (JavaText.Line line : text.lines()) {
            Matcher directive = DIRECTIVE.matcher(line.of(text.text()));
            if (directive.matches()) {
                boolean seen = line.of(text.code()).startsWith("//");
                (seen ? directives : hidden).add(new Directive(directive.group(1), directive.group(2), line.number()));
            }
        }
    }

    /** Asks the JDK's parser; libraries need not be there for that. */
    private final class Reader extends TreeScanner<Void, Void> {
        private SourcePositions positions;
        private CompilationUnitTree unit;

        void read() {
            if (COMPILER == null) {
                throw Stop.unchecked("this Java has no compiler: set JAVA_HOME to a JDK");
            }
            DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
            JavacTask task = (JavacTask) COMPILER.getTask(null, FILES, said, List.of("-proc:none"), null,
                    List.of(source()));
            try {
                unit = task.parse().iterator().next();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            said.getDiagnostics().stream().filter(each -> each.getKind() == Diagnostic.Kind.ERROR).findFirst()
                    .ifPresent(error -> {
                        throw Stop
                                .usage(Where.of(path, (int) error.getLineNumber()) + " is not Java: "
                                        + error.getMessage(null));
                    });
            positions = Trees.instance(task).getSourcePositions();
            scan(unit, null);
        }

        private JavaFileObject source() {
            return new SimpleJavaFileObject(URI.create("string:///" + "Source.java"), JavaFileObject.Kind.SOURCE) {
                @Override
                public CharSequence getCharContent(boolean ignoreErrors) {
                    return text.text();
                }

                @Override
                public boolean isNameCompatible(String simpleName, Kind kind) {
                    return true;
                }
            };
        }

        private int start(Tree tree) {
            return (int) positions.getStartPosition(unit, tree);
        }

        private int end(Tree tree) {
            return (int) positions.getEndPosition(unit, tree);
        }

        @Override
        public Void visitCompilationUnit(CompilationUnitTree node, Void nothing) {
            if (node.getPackage() != null) {
                packageName = node.getPackageName().toString();
                packageStart = start(node.getPackage());
                packageEnd = end(node.getPackage());
            }
            for (ImportTree each : node.getImports()) {
                imports.add(
                        new Import(each.getQualifiedIdentifier().toString(), each.isStatic(), text.line(start(each)),
                                start(each), end(each)));
            }
            for (Tree each : node.getTypeDecls()) {
                if (each instanceof ClassTree type) {
                    boolean main = type.getMembers().stream().anyMatch(
                            member -> member instanceof MethodTree method && method.getName().contentEquals("main"));
                    types.add(new Type(type.getSimpleName().toString(), text.line(start(type)),
                            type.getModifiers().getFlags().contains(Modifier.PUBLIC), main, start(type), end(type)));
                }
            }
            return scan(node.getTypeDecls(), nothing);
        }

        @Override
        public Void visitClass(ClassTree node, Void nothing) {
            declared.add(node.getSimpleName().toString());
            node.getTypeParameters().forEach(parameter -> declared.add(parameter.getName().toString()));
            return super.visitClass(node, nothing);
        }

        @Override
        public Void visitIdentifier(IdentifierTree node, Void nothing) {
            names.put(start(node), node.getName().toString());
            return null;
        }
    }
}
