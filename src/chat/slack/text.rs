//! Spans to Slack's texts, so that nothing a person typed can act: pure.
//!
//! Paragraphs become `rich_text`, whose runs carry their style beside the text:
//! nothing in them is markup, so nothing needs escaping and `*`, `<!channel>` or
//! `@here` stay words. Only small print must be mrkdwn (see [`small`]).

use slack_morphism::prelude::*;
use url::Url;

use crate::chat::message::{Span, Text};
use crate::chat::slack::limits;
use crate::chat::words::{self, cut, filled, width};
use crate::clock::Timestamp;

/// How an instant is shown: the reader's zone and habits decide.
const TIME: &str = "{date_short_pretty} at {time}";

/// Slack's three control characters as entities.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text of a slash command as it was typed: Slack sends `&`, `<` and `>` of a person as
/// entities so that its own `<@U1|ada>` can be told from them.
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The address, if a browser may be sent there and Slack takes its length.
pub fn web_url(url: &str) -> Option<Url> {
    words::web_url(url, limits::URL)
}

/// A `plain_text` object; words like `:tada:` stay words, and no text is ever empty.
pub fn plain(text: &str, max: usize) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(cut(filled(text), max)).with_emoji(false).into()
}

/// The runs of a paragraph, together at most `max` long.
pub fn runs(text: &Text, max: usize) -> Vec<SlackRichTextInlineElement> {
    let mut runs = Vec::new();
    let mut left = max;
    for span in &text.0 {
        let words = shown(span);
        if words.is_empty() {
            continue;
        }
        let size = width(&words);
        if size > left {
            runs.push(run(&shorter(span, &words, left)));
            break;
        }
        left -= size;
        runs.push(run(span));
    }
    runs
}

/// A paragraph; `None` when it says nothing.
pub fn paragraph(runs: Vec<SlackRichTextInlineElement>) -> Option<SlackBlock> {
    if runs.is_empty() {
        return None;
    }
    Some(SlackRichTextBlock::new(vec![SlackRichTextSection::new(runs).into()]).into())
}

/// Words in fixed width; `None` when there are none.
pub fn fixed(text: String) -> Option<SlackBlock> {
    if text.trim().is_empty() {
        return None;
    }
    let run = SlackRichTextText::new(text).into();
    Some(SlackRichTextBlock::new(vec![SlackRichTextPreformatted::new(vec![run]).into()]).into())
}

/// Small print, which Slack takes only as mrkdwn or plain text. Mrkdwn has no escape for
/// `*_~` and backticks, so styled text is sent only while no word contains a mark;
/// otherwise the words go as plain text, without styles.
pub fn small(text: &Text) -> SlackContextBlockElement {
    let styled: Option<String> = text.0.iter().map(mrkdwn).collect();
    match styled.filter(|styled| width(styled) <= limits::CONTEXT_TEXT && !styled.trim().is_empty()) {
        Some(styled) => SlackBlockMarkDownText::new(styled).with_verbatim(true).into(),
        None => {
            let words = cut(filled(&text.plain()), limits::CONTEXT_TEXT);
            SlackBlockPlainText::new(words).with_emoji(false).into()
        }
    }
}

/// What takes room in a paragraph.
fn shown(span: &Span) -> String {
    match span {
        Span::Link { url, label } if web_url(url).is_some() => filled(label).to_owned(),
        other => other.plain(),
    }
}

/// The span cut to `left`; one that carries more than its words loses the rest.
fn shorter(span: &Span, words: &str, left: usize) -> Span {
    let text = cut(words, left.max(1));
    match span {
        Span::Code { .. } => Span::Code { text },
        Span::Strong { .. } => Span::Strong { text },
        Span::Emphasis { .. } => Span::Emphasis { text },
        _ => Span::Plain { text },
    }
}

fn run(span: &Span) -> SlackRichTextInlineElement {
    let text = SlackRichTextText::new(span.plain());
    match span {
        Span::Plain { .. } => text.into(),
        Span::Code { .. } => text.code().into(),
        Span::Strong { .. } => text.bold().into(),
        Span::Emphasis { .. } => text.italic().into(),
        Span::Time { at } => date(*at).unwrap_or_else(|| text.into()),
        Span::Link { url, label } => match web_url(url) {
            Some(_) => SlackRichTextLink::new(SlackRelaxedUrl(url.clone()))
                .with_text(filled(label).to_owned())
                .into(),
            None => text.into(),
        },
    }
}

fn date(at: Timestamp) -> Option<SlackRichTextInlineElement> {
    let instant = SlackUtcDateTime::from_second(at.0.div_euclid(1000)).ok()?;
    let date = SlackRichTextDate::new(SlackDateTime(instant), TIME.to_owned());
    Some(date.with_fallback(Span::Time { at }.plain()).into())
}

/// The span in mrkdwn; `None` when its words could be taken for marks.
fn mrkdwn(span: &Span) -> Option<String> {
    match span {
        Span::Plain { text } => harmless(text).then(|| escape(text)),
        Span::Strong { text } => wrapped(text, '*'),
        Span::Emphasis { text } => wrapped(text, '_'),
        Span::Code { text } if text.contains(['`', '\n']) || text.trim().is_empty() => None,
        Span::Code { text } => Some(format!("`{}`", escape(text))),
        Span::Time { at } => {
            Some(format!("<!date^{}^{TIME}|{}>", at.0.div_euclid(1000), Span::Time { at: *at }.plain()))
        }
        Span::Link { url, label } => {
            let url = web_url(url).filter(|url| !url.as_str().contains(['|', '>', '<']))?;
            let label = filled(label);
            (url.as_str().trim_end_matches('/') == label.trim_end_matches('/') || harmless(label))
                .then(|| format!("<{}|{}>", escape(url.as_str()), escape(label)))
        }
    }
}

fn wrapped(text: &str, mark: char) -> Option<String> {
    let usable = harmless(text) && !text.trim().is_empty() && !text.contains('\n');
    usable.then(|| format!("{mark}{}{mark}", escape(text)))
}

/// No formatting mark, no quoted line, no `:emoji:`, nothing that ends a link.
fn harmless(text: &str) -> bool {
    let quotes = text.lines().any(|line| line.trim_start().starts_with('>'));
    let colons = text.matches(':').count() > 1;
    !quotes && !colons && !text.contains(['*', '_', '~', '`', '|'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::message::{code, plain as words, strong, time};
    use crate::text;

    fn json(value: impl serde::Serialize) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn what_slack_encoded_comes_back_as_it_was_typed() {
        assert_eq!(unescape("a &lt;b&gt; &amp;amp;"), "a <b> &amp;");
        assert_eq!(unescape(&escape("<&lt;>")), "<&lt;>");
    }

    #[test]
    fn a_paragraph_carries_styles_beside_the_words() {
        let text = text![
            "is *not* bold <!channel>, ",
            strong("this"),
            " is, at ",
            time(Timestamp(1_795_350_000_000))
        ];
        insta::assert_snapshot!(json(runs(&text, 3000)), @r#"[{"type":"text","text":"is *not* bold <!channel>, "},{"type":"text","text":"this","style":{"bold":true}},{"type":"text","text":" is, at "},{"type":"date","timestamp":1795350000,"format":"{date_short_pretty} at {time}","fallback":"2026-11-22 12:20 UTC"}]"#);
    }

    #[test]
    fn a_paragraph_is_cut_inside_a_span_and_ends_there() {
        let text = text!["abc", code("defgh"), "never"];
        insta::assert_snapshot!(json(runs(&text, 6)), @r#"[{"type":"text","text":"abc"},{"type":"text","text":"de…","style":{"code":true}}]"#);
    }

    #[test]
    fn only_web_addresses_become_links() {
        let bad = Text(vec![Span::Link { url: "javascript:alert(1)".into(), label: "here".into() }]);
        assert_eq!(json(runs(&bad, 99)), r#"[{"type":"text","text":"here (javascript:alert(1))"}]"#);
        let good = Text(vec![Span::Link { url: "https://a.example/?q=<x>".into(), label: "<b>".into() }]);
        assert_eq!(
            json(runs(&good, 99)),
            r#"[{"type":"link","url":"https://a.example/?q=<x>","text":"<b>"}]"#
        );
    }

    #[test]
    fn small_print_is_styled_only_while_no_word_can_act() {
        let styled = text![
            "a < b & ",
            code("my_env"),
            " ",
            Span::Link { url: "https://a.example".into(), label: "x>y".into() }
        ];
        assert_eq!(
            json(small(&styled)),
            r#"{"type":"mrkdwn","text":"a &lt; b &amp; `my_env` <https://a.example/|x&gt;y>","verbatim":true}"#
        );
        for hostile in ["*bold*", "_it_", "~no~", "`rm`", "> quote", ":tada:"] {
            let text = Text(vec![words(hostile), strong(" x")]);
            let expected = format!(r#"{{"type":"plain_text","text":"{hostile} x","emoji":false}}"#);
            assert_eq!(json(small(&text)), expected);
        }
    }
}
