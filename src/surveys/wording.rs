//! How scores read wherever they are shown, whole and by team. Pure.

use super::model::score::{Scale, shown};
use crate::chat::message::{Block, Text, plain};
use crate::disclosure::Released;
use crate::text;

/// "3 answers so far; shown from 5 on".
pub fn too_few(n: u64, k: u64) -> String {
    let answers = if n == 1 { "answer" } else { "answers" };
    format!("{n} {answers} so far; shown from {k} on")
}

/// "; 2 more count with the next step of 5 or when the round closes"; nothing of none.
pub fn untold(n: u64, which: &str, k: u64) -> String {
    let count = if n == 1 { "counts" } else { "count" };
    match n {
        0 => String::new(),
        n => format!("; {n} {which} {count} with the next step of {k} or when the round closes"),
    }
}

/// A table of the teams that may be shown, and how many may not. `labels` are those of the question,
/// `k` the answers from which on a team is shown.
pub fn teams(
    (scale, labels): (Option<Scale>, &[String]),
    teams: &[(String, Released)],
    (hidden, k): (usize, u64),
) -> Vec<Block> {
    let said = |released: &Released| match (released, scale.and_then(|scale| shown(scale, released))) {
        (Released::Shown { n, .. }, Some(score)) => {
            format!("{}, n = {n}", scale.map_or_else(String::new, |scale| scale.words(&score, labels)))
        }
        (Released::Shown { n, .. } | Released::Alike { n, .. }, _) => format!("n = {n}"),
        (Released::TooFew { n, k }, _) => too_few(*n, *k),
    };
    let row = |(team, released): &(String, Released)| vec![text![plain(team)], text![plain(said(released))]];
    let table =
        Block::Table { header: vec!["Team".into(), "Score".into()], rows: teams.iter().map(row).collect() };
    let rest = match hidden {
        1 => "1 team is hidden".to_owned(),
        _ => format!("{hidden} teams are hidden"),
    };
    let why = format!("{rest}: fewer than {k} answers, or theirs could be worked out.");
    let table = (!teams.is_empty()).then_some(table);
    table.into_iter().chain((hidden > 0).then(|| Block::Context { text: Text::from(why) })).collect()
}
