//! How the roadmap reads: the list with its ranks, and one item with every number's trail. Pure.

use super::counted;
use crate::chat::message::{Block, Button, Choice, Message, Text, code, emphasis, plain, strong, time};
use crate::roadmap::items::Board;
use crate::roadmap::model::evidence::Evidence;
use crate::roadmap::model::item::{Item, State};
use crate::roadmap::model::score::{Basis, Needs, Place, Ranked};
use crate::roadmap::model::{Feedback, excerpt};
use crate::roadmap::shipping::Help;
use crate::text;

/// The list. `unlinked` is for product managers alone.
pub fn list(board: &Board, unlinked: Option<&[Evidence]>) -> Message {
    let shipped = board.ended.iter().filter(|item| item.state == State::Shipped).count();
    let mut message = if board.live.is_empty() {
        Message::new("Nothing is on the roadmap. `/platform roadmap add TITLE` makes the first item.")
    } else {
        let head = text![strong("Roadmap"), format!(" · {} open · {shipped} shipped", board.live.len())];
        let header = ["Rank", "Item", "Key", "State", "Votes", "It rests on"].map(str::to_owned).to_vec();
        Message::new(head).with(Block::Table { header, rows: board.live.iter().map(row).collect() })
    };
    for pair in board.live.windows(2) {
        message = tie(message, &pair[0], &pair[1]);
    }
    if !board.live.is_empty() {
        message = message.with(choose("Vote for one", "roadmap.vote", &board.live));
    }
    match unlinked {
        Some(some) if !some.is_empty() => evidence(message, some),
        _ => message,
    }
}

fn row(ranked: &Ranked) -> Vec<Text> {
    let item = &ranked.candidate.item;
    let (rank, basis) = match &ranked.place {
        Ok(place) => (ranks(place), rests_on(place)),
        Err(Needs::Evidence) => ("–".into(), "needs evidence".into()),
        Err(Needs::Estimate) => ("–".into(), "needs an estimate".into()),
    };
    let term = ranked.candidate.term.as_ref();
    let term = term.map(|term| format!(" · ×{} by {}", number(term.factor), term.by)).unwrap_or_default();
    vec![
        text![rank],
        text![emphasis(&item.title)],
        text![code(&item.key)],
        text![item.state.word()],
        text![item.votes.to_string()],
        text![plain(basis + &term)],
    ]
}

fn ranks(place: &Place) -> String {
    match place.ranks {
        (from, to) if from == to => from.to_string(),
        (from, to) => format!("{from}–{to} (tie)"),
    }
}

fn rests_on(place: &Place) -> String {
    match place.basis {
        Basis::Answers { hits, n } => format!("{hits} of {n} answers"),
        Basis::Seen { people, of } => format!("{people} of {of} people seen"),
    }
}

/// "1–2 (tie) *A* and *B*: 52 : 48 that the first matters more."
fn tie(message: Message, one: &Ranked, next: &Ranked) -> Message {
    let (Ok(place), Ok(other)) = (&one.place, &next.place) else { return message };
    let Some(odds) = place.before_next.filter(|_| place.ranks == other.ranks) else { return message };
    let percent = (odds * 100.0).round();
    message.section(text![
        format!("{} ", ranks(place)),
        emphasis(&one.candidate.item.title),
        " and ",
        emphasis(&next.candidate.item.title),
        format!(": {percent:.0} : {:.0} that the first matters more.", 100.0 - percent)
    ])
}

fn choose(placeholder: &str, command: &str, ranked: &[Ranked]) -> Block {
    let choice = |one: &Ranked| Choice {
        value: one.candidate.item.key.clone(),
        label: excerpt(&one.candidate.item.title, 75),
    };
    let choices = ranked.iter().map(choice).collect();
    Block::Select { placeholder: placeholder.into(), command: command.into(), choices }
}

fn evidence(message: Message, unlinked: &[Evidence]) -> Message {
    let header = ["Evidence without an item", "How much", "Last"].map(str::to_owned).to_vec();
    let row =
        |one: &Evidence| vec![text![plain(one.about.line())], text![counted(one)], text![time(one.last_at)]];
    let choice = |one: &Evidence| Choice { value: one.id.clone(), label: excerpt(&one.about.line(), 75) };
    message.with(Block::Table { header, rows: unlinked.iter().take(15).map(row).collect() }).with(
        Block::Select {
            placeholder: "Link one to an item, or make one of it".into(),
            command: "roadmap.attach".into(),
            choices: unlinked.iter().map(choice).collect(),
        },
    )
}

/// All about one item.
pub struct Whole<'a> {
    pub item: &'a Item,
    /// Its place, where it competes.
    pub ranked: Option<&'a Ranked>,
    pub evidence: &'a [Evidence],
    pub feedback: &'a [Feedback],
    /// Of a shipped one, where somebody was asked.
    pub help: Option<Help>,
}

/// One item with every number's trail.
pub fn show(whole: &Whole<'_>) -> Message {
    let item = whole.item;
    let head = text![strong(&item.title), " (", code(&item.key), format!(") · {}", item.state.word())];
    let head = match item.ended_at {
        Some(at) => head.then(" ").then(time(at)),
        None => head,
    };
    let mut message = Message::new(head.then(format!(" · votes: {}", item.votes)));
    if let Some(said) = &item.said {
        message = message.section(text![plain(said)]);
    }
    if let Some(help) = &whole.help {
        message = message.section(helped(help));
    }
    if let Some(ranked) = whole.ranked {
        message = message.with(Block::Fields { fields: fields(ranked) });
    }
    if whole.evidence.is_empty() && whole.feedback.is_empty() {
        message = message.section(text![
            "Nothing speaks for it yet. ",
            code(format!("/platform roadmap link {}", item.key)),
            " links what was seen."
        ]);
    } else {
        message = message.with(trail(whole));
    }
    message.buttons(buttons(item)).context(
        "Counted are the last 90 days. Score: reach × impact × confidence ÷ effort, the median of what it can be; 80 % of it lies between the numbers in brackets.",
    )
}

fn fields(ranked: &Ranked) -> Vec<(String, Text)> {
    let field = |name: &str, words: String| (name.to_owned(), Text::from(words));
    let item = &ranked.candidate.item;
    let effort = item.effort.map_or_else(
        || "not estimated; `roadmap estimate` takes p50 and p90".to_owned(),
        |effort| {
            let (p50, p90) = (number(effort.p50), number(effort.p90));
            format!("{p50}, nine times in ten under {p90} person-weeks")
        },
    );
    let mut fields = match &ranked.place {
        Ok(place) => measured(ranked, place),
        Err(Needs::Evidence) => {
            vec![field("Score", "needs evidence: 5 answers, or 5 people who were seen".into())]
        }
        Err(Needs::Estimate) => vec![field("Score", "needs an estimate".into())],
    };
    fields.push(field("Effort", effort));
    if let Some(term) = &ranked.candidate.term {
        let words = format!("×{} by {}: {}", number(term.factor), term.by, term.reason);
        fields.push(field("Override", words));
    }
    fields
}

fn measured(ranked: &Ranked, place: &Place) -> Vec<(String, Text)> {
    let field = |name: &str, words: String| (name.to_owned(), text![plain(words)]);
    let score = &place.score;
    let (low, high) = score.ci80;
    let mut words = format!("{} [{}, {}]", number(score.rice), number(low), number(high));
    if ranked.candidate.term.is_some() {
        words = format!("{} with the override, {words} from the evidence", number(place.with_term));
    }
    let from = match place.basis {
        Basis::Answers { hits, n } => format!("{hits} of {n} answers, scaled to everybody active"),
        Basis::Seen { people, of } => format!("{people} people seen of {of} active"),
    };
    let impacts = ranked.candidate.case.impacts();
    let share = score.variance_share_from_answers;
    let unsure = if share > 0.5 { "more answers" } else { "a better estimate of the effort" };
    vec![
        field("Rank", ranks(place)),
        field("Score", words),
        field("Reach", format!("{:.0} people: {from}", score.reach_mean)),
        field("Impact", format!("{:.2} of 3: {} ratings", score.impact_mean, impacts.len())),
        field("Confidence", format!("{:.0} %; {unsure} would settle more", score.confidence * 100.0)),
    ]
}

fn trail(whole: &Whole<'_>) -> Block {
    let header = ["What speaks for it", "How much", "Where from"].map(str::to_owned).to_vec();
    let seen = whole
        .evidence
        .iter()
        .map(|one| vec![text![plain(one.about.line())], text![counted(one)], text![plain(origin(one))]]);
    let said = whole.feedback.iter().map(|one| {
        let by = one.by.as_ref().map_or("Anonymous", |(_, name)| name.as_str());
        vec![text![emphasis(excerpt(&one.text, 100))], text!["1 feedback"], text![plain(by)]]
    });
    Block::Table { header, rows: seen.chain(said).collect() }
}

fn origin(one: &Evidence) -> String {
    use crate::roadmap::model::evidence::About;
    match &one.about {
        About::Search { .. } => "template search".into(),
        About::Failure { .. } => "environments".into(),
        About::Score { survey, question, .. } | About::Reason { survey, question, .. } => {
            let periods: Vec<&str> = one.findings.iter().map(|finding| finding.period.as_str()).collect();
            format!("{survey} {}: “{}”", periods.join(", "), question.replace("{subject}", "…"))
        }
    }
}

fn helped(help: &Help) -> Text {
    match help {
        None => text!["Did it help? Too few answers so far."],
        Some((answers, n)) => {
            let parts: Vec<String> =
                answers.iter().map(|(label, count)| format!("{label} {count}")).collect();
            text![plain(format!("Did it help? {} · of {n} answers", parts.join(" · ")))]
        }
    }
}

fn buttons(item: &Item) -> Vec<Button> {
    if !item.state.live() {
        return Vec::new();
    }
    let button = |label: &str, command: &str| Button::new(label, command, &item.key, "");
    let mut buttons = vec![button("Link evidence…", "roadmap.link"), button("Estimate…", "roadmap.estimate")];
    if item.state == State::Open {
        buttons.push(button("Start", "roadmap.start"));
    }
    buttons.extend([button("Ship…", "roadmap.ship"), button("Drop…", "roadmap.drop")]);
    buttons
}

/// Three digits that count: `0.25`, `12.5`, `1050`.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
