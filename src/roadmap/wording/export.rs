//! The roadmap for other tools: CSV and JSON. Pure.

use serde_json::{Value, json};

use crate::roadmap::model::item::Item;
use crate::roadmap::model::score::{Basis, Needs, Ranked};

const COLUMNS: [&str; 17] = [
    "key",
    "title",
    "state",
    "votes",
    "rank_from",
    "rank_to",
    "before_next",
    "score",
    "score_low",
    "score_high",
    "reach",
    "impact",
    "confidence",
    "rests_on",
    "p50",
    "p90",
    "override",
];

fn row(ranked: &Ranked) -> [Value; 17] {
    let (item, term) = (&ranked.candidate.item, &ranked.candidate.term);
    let effort = |of: fn(&crate::roadmap::model::item::Effort) -> f64| json!(item.effort.as_ref().map(of));
    let place = ranked.place.as_ref().ok();
    let of = |value: Option<f64>| json!(value);
    let score = place.map(|place| &place.score);
    let rests_on = match (&ranked.place, place.map(|place| place.basis)) {
        (_, Some(Basis::Answers { hits, n })) => format!("{hits} of {n} answers"),
        (_, Some(Basis::Seen { people, of })) => format!("{people} of {of} people seen"),
        (Err(Needs::Evidence), None) => "needs evidence".into(),
        (_, None) => "needs an estimate".into(),
    };
    [
        json!(item.key),
        json!(item.title),
        json!(item.state.word()),
        json!(item.votes),
        json!(place.map(|place| place.ranks.0)),
        json!(place.map(|place| place.ranks.1)),
        of(place.and_then(|place| place.before_next)),
        of(score.map(|score| score.rice)),
        of(score.map(|score| score.ci80.0)),
        of(score.map(|score| score.ci80.1)),
        of(score.map(|score| score.reach_mean)),
        of(score.map(|score| score.impact_mean)),
        of(score.map(|score| score.confidence)),
        json!(rests_on),
        effort(|effort| effort.p50),
        effort(|effort| effort.p90),
        of(term.as_ref().map(|term| term.factor)),
    ]
}

fn rows(live: &[Ranked], shipped: &[&Item]) -> Vec<[Value; 17]> {
    let ended = |item: &&Item| {
        let mut row = [(); 17].map(|()| Value::Null);
        row[0] = json!(item.key);
        row[1] = json!(item.title);
        row[2] = json!(item.state.word());
        row[3] = json!(item.votes);
        row
    };
    live.iter().map(row).chain(shipped.iter().map(ended)).collect()
}

/// A list of objects.
pub fn json(live: &[Ranked], shipped: &[&Item]) -> String {
    let object = |row: [Value; 17]| -> Value {
        COLUMNS.iter().map(|name| (*name).to_owned()).zip(row).collect::<serde_json::Map<_, _>>().into()
    };
    let all: Vec<Value> = rows(live, shipped).into_iter().map(object).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default()
}

/// RFC 4180, with a header.
pub fn csv(live: &[Ranked], shipped: &[&Item]) -> String {
    let lines = rows(live, shipped).into_iter().map(|row| row.map(|value| cell(&value)).join(","));
    std::iter::once(COLUMNS.join(",")).chain(lines).map(|line| line + "\r\n").collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        Value::Number(number) if number.is_f64() => format!("{:.4}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

/// A spreadsheet takes what begins like this for a formula; some do after blanks or in full width, too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A cell that is words in every spreadsheet.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(FORMULA) || text.trim_start().starts_with(FORMULA);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_no_formula_and_breaks_no_row() {
        for start in ["=", "+", "-", "@", "\t", "\r", "＝", " ="] {
            let cell = quoted(&format!("{start}SUM(A1)"));
            assert!(cell.trim_start_matches('"').starts_with('\''), "{cell:?}");
        }
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(quoted("plain"), "plain");
    }
}
