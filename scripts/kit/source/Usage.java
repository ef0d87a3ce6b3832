//SOURCES Language.java
//SOURCES Role.java
//SOURCES Sequence.java
package kit.source;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** What is done with a string, by the calls that it stands in and the signs beside it. */
final class Usage {
    private static final int OUTERMOST = 6;
    private static final int LONGEST_CHAIN = 40;
    /** Calls whose arguments tell a mock what to expect, in whatever language. */
    private static final Pattern EXPECTING = Pattern.compile("[Ee]xpect_?\\w*(?i:query|exec|prepare|sql|statement|copy"
            + "|batch|update|select|insert|delete)\\w*|[Oo]n|call|[Aa]ssert(?:Not)?Called|withArgs\\w*"
            + "|Setup(?:Sequence|Get)?|[Vv]erify|every|coEvery|justRun"
            + "|coVerify\\w*|verify(?:Order|Sequence|All)|(?i:\\w*_?called_?(?:once_?)?with\\w*|assert_(?:any_call"
            + "|has_calls"
            + "|awaited\\w*|called\\w*|not_called))|[Rr]eceived|DidNotReceive|from_sql_and_values|interceptQueries"
            + "|mockImplementation\\w*|stub\\w*|(?:\\w+)?(?:Expectations|Verifications)\\w*|should_receive"
            + "|(?:assert|refute)_receive[d]?|calledOnceWith\\w*");
    /** Words of a chain of calls that make its last one an expectation: expect(db).to receive(:exec).with("…"). */
    private static final Pattern OF_A_MOCK = Pattern.compile("EXPECT|verify|receive\\w*|shouldReceive|expects?|allow"
            + "|Received|DidNotReceive\\w*|should|inOrder|expect_\\w+|then|tracker|mock\\w*|stub\\w*|given|spy"
            + "|calledWith\\w*|toHaveBeen\\w*");
    /** Such a word makes any call of its chain one of a mock's; those above, only calls that bear a name of these. */
    private static final Pattern SURELY_OF_A_MOCK = Pattern.compile("EXPECT|verify|do(?:Return|Throw|Nothing|Answer)"
            + "|Received|DidNotReceive\\w*|inOrder|should_?[Rr]eceive|receive|have_received|toHaveBeen\\w*");
    private static final Set<String> OF_EITHER = Set.of("with", "on", "add", "select", "insert", "update", "delete",
            "any", "query", "execute", "exec", "prepare", "queryForObject", "queryForList", "method", "response",
            "queryRow", "QueryRow", "Query", "Exec", "Execute", "Get", "Select", "batchUpdate", "when", "once",
            "equals",
            "expects", "With", "args", "run", "all", "get");
    /** Behind a call: it was one on a mock, and this is its answer. */
    private static final Pattern ANSWERS = Pattern.compile("then[A-Z]\\w+|andReturns?"
            + "|andThrows?|and_return|and_raise|will(?:Return|Throw|Answer)|Returns(?:Async|ForAnyArgs)?|returns"
            + "|mock\\w+"
            + "|replyWithRows?|WillReturn\\w*|resolves|and_yield|andStubReturn|returning|once|return_\\w+"
            + "|MustHaveHappened\\w*|[Ss]hould(?:Not)?(?:Be|Have)(?:Been)?Called\\w*");
    private static final Pattern COMPARING = Pattern.compile("(?i)\\w*(?:equals?|equality|equiv\\w*|contain\\w*"
            + "|match\\w*"
            + "|snapshot|starts?_?with|ends?_?with|has_?prefix|has_?suffix|same_?as|substring)\\w*|(?:assert_?"
            + "|debug_assert_"
            + "|to_?|not_?|be_?|prop_)*(?:eq|eql|eqv|ne|is|be|same|in|diff|deep|prefix|suffix|includes?)|assert_?"
            + "(?:sql|query)\\w*|statementis|regexp?|index_?of|last_?index_?of|str_?pos|toSql|hasSql|expectSql"
            + "|assertSame"
            + "|includes_?(?:string|all)?|should_?\\w*|occurrences\\w*|IsEqualTo|diff|compare\\w*");
    private static final Pattern WRAPPER = Pattern.compile("(?i)(?:QuoteMeta|quote|MustCompile|compile|Pattern|re|"
            + "\\w*(?:norm|strip|trim|dedent|clean|collapse|flatten|unindent|squish|canonical|minif|whitespace)\\w*"
            + "|lower"
            + "|upper|String|str|text|raw|eq|Regexp|regex|escape|anything|list|List|of|asList|arrayOf|listOf|sql|vec"
            + "|join|call)");
    private static final Set<String> CASES = Set.of("case", "when", "fn", "eq", "eql", "shouldBe", "mustBe",
            "mustEqual",
            "shouldEqual", "be", "is", "must_equal", "assert_equal", "include", "equal", "contain", "with", "should",
            "startWith", "shouldContain", "match", "assert_includes", "not", "in");
    private static final Set<String> STUBBING = Set.of("when", "When", "whenever", "expect", "given", "do");
    /** Ruby writes these behind a point and without brackets. */
    private static final Pattern MUST = Pattern.compile("(?:must|wont|should)_\\w+");
    /** A call of such a name may run what it is handed; in a test any other is handed a text. */
    private static final Pattern RUNS = Pattern.compile("(?i)\\w*(?:query|exec|run|sql|prepar|statement|stmt|fetch"
            + "|select|insert|update|delete|raw|batch|scalar|rows?(?![a-z])|seed|load|set_?up|fixture|given|arrange"
            + "|populat|init|migrat|import|copy|script|appl|perform|issue|submit|send|command|cmd|spawn|shell"
            + "|popen|system|cursor|conn|transact|record|creat|writ|stor|sav|merge|upsert|scan|stream|unsafe|truncate"
            + "|explain|describe)\\w*"
            + "|all|any|none|many\\w*|one\\w*|get\\w*|result|multi|task|db|tx|do|call|sh|must|map|open|find\\w*"
            + "|literal");
    /** Such a name speaks of what is done to the text. */
    private static final Pattern READS = Pattern.compile("(?i)(?:\\w*_)?(?:parse|format|tokeni|lex|valid|pretty"
            + "|print|log|split|highlight|escape|analy[sz]e|deparse|fingerprint|normali)\\w*");
    private static final Set<String> INFIX = Set.of("shouldBe", "mustBe",
            "mustEqual", "shouldEqual", "should", "in",
            "is", "eq", "must", "shouldContain");
    /** What stands before a string of doobie, slonik or Prisma that is no whole statement. */
    private static final Set<String> FRAGMENT_TAGS = Set.of("fr", "fr0", "fragment");
    private static final Pattern EXPECTED_NAME = Pattern.compile("(?i)_*(?:want|expect|exp(?![a-z])|golden|should)\\w*"
            + "|\\w*(?:_?expected|_want|Want)");
    private static final Pattern EXAMPLE_NAME = Pattern.compile("(?i)\\w*(?:example|placeholder|descri(?:ption|be)"
            + "|tooltip"
            + "|help(?:_?text)?|epilog)\\w*|usage|hint|label|title|summary|doc|docs|comment|message|text_?sample");
    /** What takes parts of statements; a whole one is no argument of theirs. */
    private static final Pattern BUILDS = Pattern.compile("(?i)(?:add_?|or_?|and_?|not_?|left_?|right_?|inner_?|outer_?"
            + "|full_?|cross_?|left_?outer_?)*(?:where|join|having|columns?|from|select_?(?:sub|raw|expr|distinct|from)"
            + "|order"
            + "_?by|group_?by|filter|on)(?:_?(?:raw|sql|in|not_?in|exists|expr|sub|select|sub_?query|clause))?|exists"
            + "|fragment"
            + "|literal|expr\\w*|raw_?sql|formula|condition|column_?expr|table_?expr|suffix\\w*|prefix\\w*"
            + "|placeholder|cust"
            + "|cust_with_values|from_?sub\\w*|select_?sub|sub_?query\\w*|sql_?restriction|extra|annotate"
            + "|scalar_?subquery"
            + "|literal_column|union\\w*|Arel|with_?(?:recursive|query|statement|cte)?|cte|field|inline|add_?select"
            + "|table"
            + "|column_property|literal_execute|computed|check_?constraint|server_?default|new_?expression|DB_?raw"
            + "|generated\\w*|\\w*template|(?:not_?)?in(?:_?sql)?|apply|lit|L|sql_?(?:group_?)?projection");
    private static final Pattern NO_LITERAL = Pattern.compile("else|try|do|struct|interface|finally|class|loop|unsafe"
            + "|async|move|begin|then|init|get|set|object|fun|def|for|select|static|default");

    private Usage() {
    }

    /** @param end behind the string and what was joined to it */
    static Role of(Sequence s, int start, int end, String assigned) {
        if (besideComparison(s, start, end)) {
            return Role.COMPARED;
        }
        boolean tagged = FRAGMENT_TAGS.contains(s.prefix(start)) || s.kind(start - 1) == 'W'
                && (FRAGMENT_TAGS.contains(s.word(start - 1))
                || s.is(start - 1, "sql") && s.is(start - 3, "Prisma"));
        if (tagged) {
            return Role.FRAGMENT;
        }
        boolean wrapped = true;
        String taker = "";
        int inner = start;
        for (int open = s.outer(start), level = 0; open >= 0 && level < OUTERMOST; open = s.outer(open), level++) {
            if (wrapped && compared(s, open)) {
                return Role.COMPARED;
            }
            if (s.kind(open) == '{') {
                if (!literal(s, open)) {
                    String of = s.kind(open - 1) == ')' ? s.call(s.match(open - 1)) : s.word(open - 1);
                    boolean mock = EXPECTING.matcher(of).matches();
                    return mock ? Role.EXPECTED : perhaps(s, start, assigned, taker);
                }
            } else if (s.kind(open) == '[' && s.kind(open - 1) == '!' && s.word(open - 2).startsWith("expect")) {
                return Role.COMPARED;
            } else if (s.kind(open) == '(') {
                Role role = ofCall(s, open, inner, wrapped);
                if (role != Role.STATEMENT) {
                    return role;
                }
                String call = s.call(open);
                boolean wraps = call.isEmpty() || WRAPPER.matcher(call).matches() && !s.is(open - 3, "Arguments");
                taker = taker.isEmpty() && !wraps ? call : taker;
                wrapped &= wraps;
            }
            inner = open;
        }
        return perhaps(s, start, assigned, taker);
    }

    /** Whether a list, a tuple or a wrapped text stands beside a sign of comparison. */
    private static boolean compared(Sequence s, int open) {
        int begin = s.call(open).isEmpty() ? open : open - 1;
        while (begin < open && s.kind(begin - 1) == '.' && s.kind(begin - 2) == 'W') {
            begin -= 2;
        }
        int end = s.match(open) + 1;
        boolean matched = s.language() == Language.ELIXIR && s.kind(end) == '=' && s.kind(end + 1) != '>';
        return besideSign(s, begin, end) || matched || MUST.matcher(s.word(begin - 1)).matches();
    }

    private static Role ofCall(Sequence s, int open, int argument, boolean wrapped) {
        String name = s.call(open);
        Set<String> chain = before(s, open);
        int after = s.match(open) + 1;
        boolean arrow = s.kind(after) == '-' && s.kind(after + 1) == '>';
        int next = s.kind(after) == '.' ? after + 1 : arrow ? after + 2 : after;
        boolean dotted = next > after;
        String behind = s.word(next);
        boolean spock = s.language() == Language.GROOVY && s.kind(after) == '>' && s.kind(after + 1) == '>'
                || chain.contains("*");
        boolean told = OF_EITHER.contains(name) && chain.stream().anyMatch(w -> OF_A_MOCK.matcher(w).matches())
                || chain.stream().anyMatch(w -> SURELY_OF_A_MOCK.matcher(w).matches())
                || !OF_EITHER.contains(name) && EXPECTING.matcher(name).matches()
                        && (!name.equals("call") || s.language() == Language.PYTHON && s.kind(open - 2) != '.');
        boolean stubs = STUBBING.contains(name)
                && (behind.equals("Do") || ANSWERS.matcher(behind).matches());
        if (told || stubs || spock || !behind.isEmpty() && ANSWERS.matcher(behind).matches()
                && (s.kind(next + 1) == '(' || !dotted && !s.tokens.get(after).newLine)) {
            return Role.EXPECTED;
        }
        if (wrapped && COMPARING.matcher(name).matches()) {
            return Role.COMPARED;
        }
        boolean annotation = s.kind(open - 2) == '@' || s.kind(open - 2) == '[';
        boolean get = name.equalsIgnoreCase("fromsql")
                || s.language() == Language.GO && (name.equals("Select") || name.equals("Get"));
        boolean within = s.kind(argument) == '(' && name.equalsIgnoreCase("select");
        return wrapped && !get && (!annotation || name.equals("Formula")) && (within || BUILDS.matcher(name).matches())
                ? Role.FRAGMENT
                : Role.STATEMENT;
    }

    /** ==, !=, a case, a key, an arrow: the signs and words that stand beside what is compared. */
    private static boolean besideComparison(Sequence s, int start, int end) {
        char before = s.kind(start - 1);
        boolean word = CASES.contains(s.word(start - 1)) && s.kind(start - 2) != '.'
                || MUST.matcher(s.word(start - 1)).matches();
        boolean method = s.kind(end) == '.' && COMPARING.matcher(s.word(end + 1)).matches() && s.kind(end + 2) == '('
                && s.outer(end + 2) == s.outer(start);
        boolean wordBehind = INFIX.contains(s.word(end)) && !s.tokens.get(end).newLine;
        boolean begins = before == '{' || before == ',' || before == '[' || before == '(' || before == 0;
        boolean arrow = s.kind(end) == '=' && s.kind(end + 1) == '>' || s.kind(end) == '-' && s.kind(end + 1) == '>'
                && s.language() != Language.PHP;
        boolean key = begins && s.kind(end) == ':' && s.kind(end + 1) != ':' && s.opens(s.outer(start))
                && s.kind(s.outer(start)) == '{';
        return besideSign(s, start, end) || word || method || wordBehind || arrow || key;
    }

    private static boolean besideSign(Sequence s, int start, int end) {
        char before = s.kind(start - 1);
        return before == '=' && (s.kind(start - 2) == '=' || s.kind(start - 2) == '!')
                || before == '~' && s.kind(start - 2) == '='
                || (s.kind(end) == '=' || s.kind(end) == '!') && s.kind(end + 1) == '=';
    }

    /** The words of the chain whose last call opens here, and of what the chain is handed to without brackets. */
    private static Set<String> before(Sequence s, int open) {
        Set<String> words = new HashSet<>();
        int i = s.kind(open - 1) == '!' ? open - 2 : open - 1;
        for (int steps = 0; i >= 0 && steps < LONGEST_CHAIN; steps++) {
            char kind = s.kind(i);
            if (kind == 'W') {
                if (i < open - 1) {
                    words.add(s.word(i));
                }
                boolean goesOn = ".:>?".indexOf(s.kind(i - 1)) >= 0 || s.kind(i - 1) == 'W' && !s.tokens.get(i).newLine;
                if (!goesOn) {
                    break;
                }
                i--;
            } else if (kind == ')' || kind == ']' || kind == '}') {
                int partner = s.match(i);
                if (partner >= i) {
                    break;
                }
                i = partner - 1;
            } else if (".:->?!".indexOf(kind) >= 0) {
                i--;
            } else {
                break;
            }
        }
        if (s.language() == Language.GROOVY && (s.kind(i) == '*' || s.kind(i - 1) == '*')) {
            words.add("*");
        }
        return words;
    }

    /** Whether a brace holds values and no code. */
    private static boolean literal(Sequence s, int open) {
        char before = s.kind(open - 1);
        return before == 'W' && s.language() == Language.GO && !NO_LITERAL.matcher(s.word(open - 1)).matches()
                && s.kind(open - 2) != ')' || before == ']' || "=,([:{".indexOf(before) >= 0 && before != 0;
    }

    /** @param taker the nearest call that takes the text for more than a text; "" where there is none */
    private static Role perhaps(Sequence s, int start, String assigned, String taker) {
        String field = s.kind(start - 1) == ':' ? s.word(start - 2) : assigned == null ? "" : assigned;
        int open = s.outer(start);
        if (open >= 0 && s.kind(open) == '{' && s.kind(open - 1) == ')'
                && EXPECTED_NAME.matcher(s.word(open - 2)).matches()) {
            // let(:expected) { "…" }
            return Role.PERHAPS_COMPARED;
        }
        boolean tuple = open >= 0 && s.kind(open) == '(' && s.call(open).isEmpty() && s.kind(s.outer(open)) == '[';
        boolean row = open >= 0 && (tuple || s.kind(open) == '{' && literal(s, open) && s.kind(s.outer(open)) == '{'
                || s.kind(open) == '[' && s.opens(s.outer(open))
                || s.kind(open - 1) == ']' && s.word(open - 3).equalsIgnoreCase("object"));
        if (EXAMPLE_NAME.matcher(field).matches()) {
            return Role.EXAMPLE;
        }
        if (EXPECTED_NAME.matcher(field).matches() || row) {
            return Role.PERHAPS_COMPARED;
        }
        boolean runs = taker.isEmpty() || RUNS.matcher(taker).matches() && !READS.matcher(taker).matches();
        return runs ? Role.STATEMENT : Role.PERHAPS_DATA;
    }
}
