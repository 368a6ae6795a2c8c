//! What people are told when an item ends. Pure.

use crate::chat::message::{Message, Text, emphasis, plain};
use crate::roadmap::model::evidence::{About, Evidence};
use crate::roadmap::model::item::Item;
use crate::text;

/// At most so many findings are recalled; more is a lecture.
const MOST: usize = 2;

/// "You said … (18 of 25, November 2026). We …": what stands above "did it help?".
pub fn you_said(evidence: &[Evidence], said: &str) -> Text {
    let told = evidence.iter().filter_map(finding);
    let mut text = told.take(MOST).fold(Text::default(), |mut text, line| {
        text.0.extend(line.0);
        text.then(". ")
    });
    text.0.push(plain(said));
    text
}

/// The latest answers of a piece of evidence. What one team alone said is none of everybody's, and
/// which team it was is told nobody.
fn finding(one: &Evidence) -> Option<Text> {
    let finding = one.findings.iter().find(|finding| one.about.said_by(finding.hits, finding.n))?;
    let line = match &one.about {
        About::Score { title, .. } => text!["You said that ", emphasis(title), " does not go well"],
        About::Reason { title, choice, .. } => {
            text!["You said ", emphasis(choice), " of ", emphasis(title)]
        }
        About::Search { .. } | About::Failure { .. } => return None,
    };
    Some(line.then(format!(" ({} of {}, {})", finding.hits, finding.n, month(&finding.period))))
}

/// `2026-11` and `2026-11-18` → `November 2026`; anything else as it is.
pub fn month(period: &str) -> String {
    let names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = period.split('-');
    let (year, month) = (parts.next(), parts.next().and_then(|month| month.parse::<usize>().ok()));
    match (year, month.and_then(|month| names.get(month.wrapping_sub(1)))) {
        (Some(year), Some(name)) => format!("{name} {year}"),
        _ => period.to_owned(),
    }
}

/// To whoever gave a feedback and wished to be told.
pub fn shipped(item: &Item, said: &str) -> Message {
    Message::new(text!["✅ You gave feedback on ", emphasis(&item.title), ". It is there: ", plain(said)])
}

/// To the same, where it was decided against.
pub fn dropped(item: &Item, why: &str) -> Message {
    Message::new(text![
        "You gave feedback on ",
        emphasis(&item.title),
        ". It was decided against: ",
        plain(why)
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_reads_as_its_month() {
        assert_eq!(month("2026-11"), "November 2026");
        assert_eq!(month("2026-03-01"), "March 2026");
        assert_eq!(month("2026-W47"), "2026-W47");
        assert_eq!(month("2026-13"), "2026-13");
    }
}
