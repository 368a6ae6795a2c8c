//! An item of the roadmap and its states.

use crate::clock::Timestamp;
use crate::commands::spec::is_slug;

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for its turn.
    Open,
    /// Is worked on.
    Started,
    /// Is there, and was told of.
    Shipped,
    /// Was decided against.
    Dropped,
}

/// What is done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Start,
    Ship,
    Drop,
}

impl State {
    /// All of them.
    pub const ALL: [State; 4] = [State::Open, State::Started, State::Shipped, State::Dropped];

    /// The word in the database and in sentences.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Started => "started",
            State::Shipped => "shipped",
            State::Dropped => "dropped",
        }
    }

    /// The state that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it competes with the others.
    pub fn live(self) -> bool {
        matches!(self, State::Open | State::Started)
    }

    /// The state after an event; `None` where it cannot happen.
    pub fn on(self, event: Event) -> Option<State> {
        match (self, event) {
            (State::Open, Event::Start) => Some(State::Started),
            (State::Open | State::Started, Event::Ship) => Some(State::Shipped),
            (State::Open | State::Started, Event::Drop) => Some(State::Dropped),
            (State::Started | State::Shipped | State::Dropped, _) => None,
        }
    }
}

/// How long it takes, in person-weeks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// As likely less as more.
    pub p50: f64,
    /// Nine times in ten less.
    pub p90: f64,
}

/// A product manager's own term beside the evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What the score is multiplied by.
    pub factor: f64,
    pub reason: String,
    /// Whose it is, by name.
    pub by: String,
    pub at: Timestamp,
}

/// An item of the roadmap.
#[derive(Debug, Clone)]
pub struct Item {
    /// `itm_…`
    pub id: String,
    /// What people call it on a line.
    pub key: String,
    pub title: String,
    pub state: State,
    pub ended_at: Option<Timestamp>,
    /// What was told in the end.
    pub said: Option<String>,
    pub effort: Option<Effort>,
    pub votes: u64,
}

/// A key made from a title: its first words, as many as a name holds. `taken` says which are.
pub fn key_of(title: &str, taken: impl Fn(&str) -> bool) -> String {
    let words = title.to_lowercase();
    let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut key = String::new();
    for word in words {
        let more = if key.is_empty() { word.to_owned() } else { format!("{key}-{word}") };
        // Room for a number behind it.
        if more.len() > 36 {
            break;
        }
        key = more;
    }
    if !is_slug(&key) {
        key = format!("item-{key}").trim_end_matches('-').to_owned();
    }
    let numbered = (2..).map(|n: u32| format!("{key}-{n}"));
    std::iter::once(key.clone()).chain(numbered).find(|key| !taken(key)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_on_every_event() {
        let row = |state: State| [Event::Start, Event::Ship, Event::Drop].map(|event| state.on(event));
        let (started, shipped, dropped) = (State::Started, State::Shipped, State::Dropped);
        assert_eq!(row(State::Open), [Some(started), Some(shipped), Some(dropped)]);
        assert_eq!(row(State::Started), [None, Some(shipped), Some(dropped)]);
        assert_eq!([row(shipped), row(dropped)], [[None; 3], [None; 3]]);
        assert!(State::ALL.into_iter().all(|state| State::parse(state.word()) == Some(state)));
    }

    #[test]
    fn a_key_is_short_readable_and_its_own() {
        let key = |title: &str| key_of(title, |_| false);
        assert_eq!(key("Faster template search"), "faster-template-search");
        assert_eq!(key("  “Größe” & more!"), "gr-e-more");
        assert_eq!(key("2FA for all"), "item-2fa-for-all");
        assert_eq!(key("日本"), "item");
        assert_eq!(
            key("self service databases for everybody in the company"),
            "self-service-databases-for-everybody"
        );
        assert_eq!(key_of("Docs", |key| ["docs", "docs-2"].contains(&key)), "docs-3");
        assert!(is_slug(&key(&"a".repeat(80))));
    }
}
