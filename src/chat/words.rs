//! Words fitted to a platform's limits: measured, cut, aligned. Pure, and no platform's markup.

use url::Url;

use crate::chat::message::Text;

/// The length in UTF-16 code units, the largest of the ways in which the platforms count: what fits
/// so fits also where Unicode characters are counted.
pub fn width(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// At most `max` long; the last character of what was cut is an ellipsis.
pub fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.len_utf16();
        used <= max
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push('…');
    kept
}

/// The end of `text`, at most `max` long: where a program says why it stopped.
pub fn tail(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let reversed: String = text.chars().rev().collect();
    cut(&reversed, max).chars().rev().collect()
}

/// The platforms refuse empty texts.
pub fn filled(text: &str) -> &str {
    if text.trim().is_empty() { "–" } else { text }
}

/// The address, if a browser may be sent there and it is at most `max` long.
pub fn web_url(url: &str, max: usize) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    (width(url.as_str()) <= max).then_some(url)
}

/// A table in fixed width: its header and then its rows, each column as wide as its widest cell.
pub fn aligned(header: &[String], rows: &[Vec<Text>]) -> Vec<String> {
    let cells = |row: &Vec<Text>| -> Vec<String> {
        (0..header.len())
            .map(|n| row.get(n).map(Text::plain).unwrap_or_default().replace('\n', " "))
            .collect()
    };
    let head = header.iter().map(|name| one_line(name)).collect();
    let table: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let width_of = |n: usize| table.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..header.len()).map(width_of).collect();
    let line = |row: &Vec<String>| {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:<w$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

/// A header of a table in fixed width, short enough that the other columns stay in sight.
fn one_line(text: &str) -> String {
    cut(&text.replace('\n', " "), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_code_units_and_keeps_whole_characters() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("🚀🚀🚀🚀", 6), "🚀🚀…");
        assert_eq!(tail("abcdefg", 4), "…efg");
    }

    #[test]
    fn only_what_a_browser_may_open_is_a_web_address() {
        assert!(web_url("https://a.example", 100).is_some());
        assert!(web_url("javascript:alert(1)", 100).is_none());
        assert!(web_url("https://a.example", 10).is_none());
    }
}
