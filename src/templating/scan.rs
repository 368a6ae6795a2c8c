//! Where code stands in a templated text, and what JavaScript's words become.
//!
//! The rewriting keeps every length, so that lines and columns stay true.

use std::collections::BTreeSet;

/// A stretch of a templated text.
enum Piece<'a> {
    /// Printed as it is, raw blocks and comments included.
    Text(&'a str),
    /// `${{ … }}` or `{% … %}` with its delimiters.
    Code(&'a str),
}

/// Whether anything in it would be evaluated.
pub(super) fn is_templated(text: &str) -> bool {
    text.contains("${{") || text.contains("{%") || text.contains("{#")
}

/// The code of a string that is as a whole one `${{ code }}`.
pub(super) fn whole_expression(text: &str) -> Option<&str> {
    let text = text.trim();
    let body = text.strip_prefix("${{")?;
    let end = code_end(body, "}}")?;
    if end != body.len() {
        return None;
    }
    let code = &body[..end - 2];
    let code = code.strip_prefix('-').unwrap_or(code);
    Some(code.strip_suffix('-').unwrap_or(code).trim())
}

/// The text with `===`, `!==` and `null` in its code written as the engine wants them.
pub(super) fn rewrite(text: &str) -> String {
    map_code(text, rewrite_code)
}

/// `===` → `==`, `!==` → `!=`, `null` → `none`, outside string literals.
pub(super) fn rewrite_code(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let (taken, written) = if first == '\'' || first == '"' {
            let end = literal_end(rest);
            (end, &rest[..end])
        } else if rest.starts_with("===") {
            (3, "== ")
        } else if rest.starts_with("!==") {
            (3, "!= ")
        } else if !word && starts_with_word(rest, "null") {
            (4, "none")
        } else {
            (first.len_utf8(), &rest[..first.len_utf8()])
        };
        out.push_str(written);
        rest = &rest[taken..];
    }
    out
}

const DASH: &str = "__dash__";

/// The text with `x['a-b']` written as a member, so that it counts as a dotted name.
pub(super) fn dotted(text: &str) -> String {
    map_code(text, |code| {
        let mut out = String::with_capacity(code.len());
        let mut rest = code;
        while let Some(first) = rest.chars().next() {
            let member = out.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ']' | ')'));
            if let Some((name, taken)) = constant_member(rest).filter(|_| member && first == '[') {
                out.push('.');
                out.push_str(&name.replace('-', DASH));
                rest = &rest[taken..];
                continue;
            }
            let taken = if first == '\'' || first == '"' { literal_end(rest) } else { first.len_utf8() };
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
        out
    })
}

/// The name that [`dotted`] wrote, as it was.
pub(super) fn undotted(name: &str) -> String {
    name.replace(DASH, "-")
}

/// The name in `['name']` at the start, and how long that is.
fn constant_member(text: &str) -> Option<(&str, usize)> {
    let body = text.strip_prefix('[')?;
    let quote = body.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (name, _) = body[1..].split_once(quote)?;
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let closed = body[name.len() + 2..].starts_with(']');
    (plain && closed).then_some((name, name.len() + 4))
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let rest = text.strip_prefix(word);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The length of the string literal at the start, quotes included.
fn literal_end(text: &str) -> usize {
    let mut chars = text.char_indices();
    let quote = chars.next().map(|(_, quote)| quote);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if Some(c) == quote {
            return at + 1;
        }
    }
    text.len()
}

/// The names that stand behind a `|` in code, outside of string literals.
pub(super) fn filters(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for piece in pieces(text) {
        let Piece::Code(mut rest) = piece else { continue };
        while let Some(first) = rest.chars().next() {
            let taken = match first {
                '\'' | '"' => literal_end(rest),
                '|' if rest.starts_with("||") => 2,
                _ => first.len_utf8(),
            };
            if first == '|' && taken == 1 {
                let name = rest[1..].trim_start();
                let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
                names.extend((end > 0).then(|| name[..end].to_owned()));
            }
            rest = &rest[taken..];
        }
    }
    names
}

fn map_code(text: &str, map: impl Fn(&str) -> String) -> String {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Code(code) => map(code),
    };
    pieces(text).iter().map(piece).collect()
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, close)) = next_open(rest) {
        pieces.push(Piece::Text(&rest[..start]));
        rest = &rest[start..];
        if close == "#}" {
            let end = rest.find(close).map_or(rest.len(), |end| end + 2);
            pieces.push(Piece::Text(&rest[..end]));
            rest = &rest[end..];
            continue;
        }
        let open = if close == "}}" { 3 } else { 2 };
        let end = code_end(&rest[open..], close).map_or(rest.len(), |end| open + end);
        pieces.push(Piece::Code(&rest[..end]));
        let is_raw = close == "%}" && statement(&rest[..end]) == "raw";
        rest = &rest[end..];
        if is_raw {
            let end = raw_end(rest);
            pieces.push(Piece::Text(&rest[..end]));
            rest = &rest[end..];
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Where the next code or comment starts, and what closes it.
fn next_open(text: &str) -> Option<(usize, &'static str)> {
    let opens = [("${{", "}}"), ("{%", "%}"), ("{#", "#}")];
    opens.iter().filter_map(|(open, close)| Some((text.find(open)?, *close))).min()
}

/// The length up to and with the closing delimiter, quotes and brackets respected.
fn code_end(text: &str, close: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(first) = text[at..].chars().next() {
        if depth == 0 && text[at..].starts_with(close) {
            return Some(at + close.len());
        }
        match first {
            '\'' | '"' => {
                at += literal_end(&text[at..]);
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += first.len_utf8();
    }
    None
}

/// The words of a `{% … %}`.
fn statement(code: &str) -> &str {
    code.trim_start_matches("{%").trim_end_matches("%}").trim_matches(['-', '+']).trim()
}

fn raw_end(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text[at..].find("{%") {
        at += found;
        let words = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        if words.starts_with("endraw") {
            return at;
        }
        at += 2;
    }
    text.len()
}
