//! Spans to Discord's markdown, so that nothing a person typed can act: pure.
//!
//! Discord has no way to carry styles beside the words, so each word is escaped: a backslash before
//! whatever could be read as a mark, and before what begins a heading, a quotation or a list. That
//! nobody is called does not rest on it: each message says `allowed_mentions: {"parse": []}`.
//!
//! Why are parentheses not escaped? They mean something only after a `]`, and each of those is.

use crate::chat::discord::limits;
use crate::chat::message::{Span, Text};
use crate::chat::words::{cut, tail, web_url, width};

/// Keeps apart what would be read as one mark.
const APART: char = '\u{200b}';

/// A paragraph, at most `max` long; what was cut ends with an ellipsis.
pub fn paragraph(text: &Text, max: usize) -> String {
    let whole = markdown(&text.0);
    if width(&whole) <= max {
        return whole;
    }
    let fits = |words: usize| width(&markdown(&shortened(text, words))) <= max;
    // Fewer words are never longer, so the most that fit are found by halving.
    let (mut fitting, mut beyond) = (0, width(&text.plain()));
    while beyond - fitting > 1 {
        let middle = fitting.midpoint(beyond);
        if fits(middle) { fitting = middle } else { beyond = middle }
    }
    markdown(&shortened(text, fitting))
}

/// Small print, at most `max` long.
pub fn small(text: &Text, max: usize) -> String {
    let lines = text.plain().lines().count().max(1);
    let words = paragraph(text, max.saturating_sub(3 * lines));
    let lines = words.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| format!("-# {line}")).collect::<Vec<_>>().join("\n")
}

/// The end of what a program said, in fixed width and at most `max` long; empty when it said nothing.
pub fn fixed(text: &str, max: usize) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    // Backticks side by side would end it.
    let words = text.replace("``", &format!("`{APART}`"));
    format!("```\n{}\n```", tail(&words, max.saturating_sub(8)))
}

/// Somebody's words as nothing but words.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let acts = match c {
            ':' => begins(&text[at + 1..]),
            _ => "\\*_~|`<@[]".contains(c),
        };
        if acts {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Whether a colon before this begins a picture, `:tada:`, or belongs to an address, `https://`.
fn begins(rest: &str) -> bool {
    let word = rest.split(|c: char| c.is_whitespace() || c == ':').next().unwrap_or_default();
    rest.starts_with("//") || (!word.is_empty() && rest[word.len()..].starts_with(':'))
}

/// The spans of the first `words` code units; the last of them ends with an ellipsis.
fn shortened(text: &Text, words: usize) -> Vec<Span> {
    let (mut kept, mut left) = (Vec::new(), words);
    for span in &text.0 {
        let said = span.plain();
        let size = width(&said);
        if size <= left {
            left -= size;
            kept.push(span.clone());
            continue;
        }
        let text = cut(&said, left.max(1));
        kept.push(match span {
            Span::Code { .. } => Span::Code { text },
            Span::Strong { .. } => Span::Strong { text },
            Span::Emphasis { .. } => Span::Emphasis { text },
            // What carries more than its words loses the rest.
            _ => Span::Plain { text },
        });
        break;
    }
    kept
}

fn markdown(spans: &[Span]) -> String {
    let mut all = String::new();
    for span in joined(spans) {
        let next = marked(&span);
        let touches = |mark: char| all.ends_with(mark) && next.starts_with(mark);
        if touches('*') || touches('`') {
            all.push(APART);
        }
        all.push_str(&next);
    }
    all.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// Words side by side as one span: they may be a mark together.
fn joined(spans: &[Span]) -> Vec<Span> {
    let mut all: Vec<Span> = Vec::new();
    for span in spans {
        match (all.last_mut(), span) {
            (Some(Span::Plain { text: before }), Span::Plain { text }) => before.push_str(text),
            _ => all.push(span.clone()),
        }
    }
    all
}

fn marked(span: &Span) -> String {
    match span {
        Span::Plain { text } => escape(text),
        Span::Code { text } => code(text),
        Span::Strong { text } => wrapped(text, "**"),
        Span::Emphasis { text } => wrapped(text, "*"),
        Span::Link { url, label } => link(url, label),
        Span::Time { at } => format!("<t:{}:f>", at.0.div_euclid(1000)),
    }
}

/// In code nothing is escaped: a backslash would be read as one. Words with several backticks side by
/// side have no code that could hold them.
fn code(text: &str) -> String {
    let text = text.replace('\n', " ");
    match () {
        () if text.trim().is_empty() || text.contains("``") => escape(&text),
        () if text.contains('`') => format!("`` {text} ``"),
        () => format!("`{text}`"),
    }
}

/// Marks stand close to the words, or they are none.
fn wrapped(text: &str, mark: &str) -> String {
    let words = text.trim();
    let Some(start) = text.find(words).filter(|_| !words.is_empty()) else { return escape(text) };
    let (before, after) = (&text[..start], &text[start + words.len()..]);
    format!("{before}{mark}{}{mark}{after}", escape(words))
}

/// In angle brackets, so that Discord puts no preview below. A label that looks like an address is
/// shown beside the one that it leads to: Discord masks none with another.
fn link(url: &str, label: &str) -> String {
    let Some(web) = web_url(url, limits::LINK_URL) else {
        return escape(&Span::Link { url: url.into(), label: label.into() }.plain());
    };
    let label = label.replace('\n', " ");
    let target = [('(', "%28"), (')', "%29"), ('\\', "%5C"), ('<', "%3C"), ('>', "%3E")]
        .iter()
        .fold(web.to_string(), |url, (sign, code)| url.replace(*sign, code));
    let same = label.trim_end_matches('/') == web.as_str().trim_end_matches('/');
    match () {
        () if same || label == url || label.trim().is_empty() => format!("<{target}>"),
        () if label.contains("://") => format!("{} (<{target}>)", escape(&label)),
        () => format!("[{}](<{target}>)", escape(&label)),
    }
}

/// A line that is no heading, quotation, list or small print, however it begins.
fn harmless(line: &str) -> String {
    let words = line.trim_start();
    let (blank, number) =
        (&line[..line.len() - words.len()], words.trim_start_matches(|c: char| c.is_ascii_digit()));
    if words.starts_with(['#', '>', '-', '+']) {
        return format!("{blank}\\{words}");
    }
    if number.len() < words.len() && number.starts_with(['.', ')']) {
        return format!("{blank}{}\\{number}", &words[..words.len() - number.len()]);
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::message::{code, emphasis, plain, strong, time};
    use crate::clock::Timestamp;
    use crate::text;

    fn shown(text: Text) -> String {
        paragraph(&text, 2000)
    }

    #[test]
    fn styles_are_marks_and_times_are_the_readers() {
        let text = text![
            "✅ ",
            code("my_env"),
            " is ",
            strong("ready*"),
            " at ",
            time(Timestamp(1_795_350_000_000))
        ];
        assert_eq!(shown(text), r"✅ `my_env` is **ready\*** at <t:1795350000:f>");
        assert_eq!(
            shown(text![emphasis(" a "), strong("b"), emphasis("c"), code("d"), code("e")]),
            " *a* **b**\u{200b}*c*`d`\u{200b}`e`"
        );
    }

    #[test]
    fn what_a_person_typed_has_no_marks() {
        let typed = "*b* _i_ ~~s~~ ||x|| `c` <@1> @everyone [a](https://e.example) :tada: 18:00 a: b \\";
        let expected = r"\*b\* \_i\_ \~\~s\~\~ \|\|x\|\| \`c\` \<\@1> \@everyone \[a\](https\://e.example) \:tada: 18:00 a: b \\";
        assert_eq!(shown(text![plain(typed)]), expected);
        assert_eq!(
            shown(text!["a:", "tada:", " http:", "//e.example ", strong("x"), "b:"]),
            r"a\:tada: http\://e.example **x**b:"
        );
    }

    #[test]
    fn no_line_begins_a_heading_a_quotation_or_a_list() {
        let typed = "# a\n## b\n> c\n>>> d\n- e\n  * f\n+ g\n-# h\n12. i\n3) j\n2026-11-26 k\n1.5 l";
        let expected = "\\# a\n\\## b\n\\> c\n\\>>> d\n\\- e\n  \\* f\n\\+ g\n\\-# h\n12\\. i\n3\\) j\n2026-11-26 k\n1\\.5 l";
        assert_eq!(shown(text![plain(typed)]), expected);
        assert_eq!(shown(text!["1", ". of two spans", strong("x\n# y")]), "1\\. of two spans**x\n\\# y**");
    }

    #[test]
    fn code_holds_what_it_can_and_the_rest_is_words() {
        assert_eq!(shown(text![code("a`*b*`c")]), "`` a`*b*`c ``");
        assert_eq!(shown(text![code("a``b")]), r"a\`\`b");
        assert_eq!(shown(text![code("# a\n# b"), code(" ")]), "`# a # b` ");
        assert_eq!(fixed("a\n```\n@everyone", 100), "```\na\n`\u{200b}``\n@everyone\n```");
        assert_eq!(fixed(" \n", 100), "");
    }

    #[test]
    fn only_web_addresses_become_links_and_none_hides_another() {
        let link =
            |url: &str, label: &str| shown(Text(vec![Span::Link { url: url.into(), label: label.into() }]));
        assert_eq!(link("https://a.example/x", "https://a.example/x"), "<https://a.example/x>");
        assert_eq!(link("https://a.example/(x)", "see [1]"), r"[see \[1\]](<https://a.example/%28x%29>)");
        assert_eq!(
            link("https://a.example", "https://bank.example"),
            r"https\://bank.example (<https://a.example/>)"
        );
        assert_eq!(link("javascript:alert(1)", "here"), "here (javascript:alert(1))");
    }

    #[test]
    fn a_cut_never_leaves_half_a_mark() {
        let text = text!["abc ", strong("d*".repeat(40)), " never"];
        for max in 10..60 {
            let cut = paragraph(&text, max);
            assert!(
                width(&cut) <= max && cut.matches("**").count() == 2 && cut.ends_with("…**"),
                "{max}: {cut}"
            );
        }
        assert_eq!(paragraph(&text!["🚀🚀🚀🚀"], 6), "🚀🚀…");
        assert_eq!(paragraph(&text![code("x".repeat(99))], 10), "`xxxxxxx…`");
    }

    #[test]
    fn each_line_of_small_print_is_small() {
        assert_eq!(small(&text!["a\n\n- ", code("b")], 100), "-# a\n-# \\- `b`");
        let long = small(&text!["x\n".repeat(900)], 200);
        assert!(width(&long) <= 200 && long.lines().all(|line| line.starts_with("-# ")));
    }

    /// The words that Discord would show; `None` where one of them would be a mark.
    fn as_read(markdown: &str) -> Option<String> {
        let (mut words, mut rest) = (String::new(), markdown);
        while let Some(c) = rest.chars().next() {
            let begun = words.rsplit('\n').next().unwrap_or_default();
            let first = begun.trim_start().is_empty() && "#>-+".contains(c);
            let numbers = !begun.trim().is_empty() && begun.trim_start().chars().all(|c| c.is_ascii_digit());
            let after = rest.strip_prefix(':').unwrap_or_default();
            let ends = after.trim_start_matches(|c: char| c.is_alphanumeric() || "_+-".contains(c));
            let picture = (ends.len() < after.len() && ends.starts_with(':')) || rest.starts_with("://");
            if first || picture || (numbers && c == '.') || "*_~|`<@[]".contains(c) {
                return None;
            }
            let escaped =
                rest[c.len_utf8()..].chars().next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
            let shown = if c == '\\' { escaped? } else { c };
            words.push(shown);
            rest = &rest[c.len_utf8() + if c == '\\' { shown.len_utf8() } else { 0 }..];
        }
        Some(words)
    }

    fn hostile() -> impl Strategy<Value = String> {
        proptest::collection::vec(proptest::sample::select(HOSTILE), 0..40).prop_map(|words| words.concat())
    }

    const HOSTILE: &[&str] = &[
        "\\",
        "*",
        "_",
        "~",
        "|",
        "`",
        "<",
        ">",
        "@",
        "[",
        "]",
        "(",
        ")",
        ":",
        "/",
        "#",
        "-",
        "+",
        "1",
        ".",
        " ",
        "\n",
        "a",
        "🚀",
        "e\u{301}",
        "https://",
        ":tada:",
        "<@1>",
        "@everyone",
        "-# ",
        "```",
    ];

    proptest! {
        #[test]
        fn nothing_typed_is_ever_a_mark(one in hostile(), other in hostile()) {
            let read = as_read(&shown(text![plain(one.clone()), plain(other.clone())]));
            prop_assert_eq!(read, Some(one + &other));
        }

        #[test]
        fn nothing_is_longer_than_its_room(words in proptest::collection::vec(hostile(), 1..6), max in 12..200_usize) {
            let spans = [plain, code, strong, emphasis].into_iter().cycle().zip(words);
            let text = Text(spans.map(|(span, words): (fn(String) -> Span, String)| span(words)).collect());
            prop_assert!(width(&paragraph(&text, max)) <= max && width(&small(&text, max)) <= max);
        }
    }
}
