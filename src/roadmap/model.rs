//! What the roadmap knows, and its arithmetic: pure.

pub mod evidence;
pub mod item;
pub mod score;

use crate::clock::Timestamp;

/// Where a feedback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has decided about it.
    New,
    /// It speaks for an item.
    Linked,
    /// Its item is shipped or dropped, or it was set aside.
    Done,
}

impl Standing {
    /// All of them, as they follow one another.
    pub const ALL: [Standing; 3] = [Standing::New, Standing::Linked, Standing::Done];

    /// The word in the database and on the line.
    pub fn word(self) -> &'static str {
        match self {
            Standing::New => "new",
            Standing::Linked => "linked",
            Standing::Done => "done",
        }
    }

    /// The standing that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.word() == word)
    }
}

/// What somebody said in their own words.
#[derive(Debug, Clone)]
pub struct Feedback {
    /// `fbk_…`
    pub id: String,
    /// The start of the week where it is anonymous.
    pub at: Timestamp,
    /// (id, name); `None` for an anonymous one.
    pub by: Option<(String, String)>,
    pub text: String,
    pub standing: Standing,
    /// The title of the item that it speaks for.
    pub item: Option<String>,
}

/// The first words of a text, on one line, at most `most` characters.
pub fn excerpt(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_and_no_longer_than_asked() {
        assert_eq!(excerpt("it's\n  slow", 20), "it's slow");
        assert_eq!(excerpt("it is really slow", 9), "it is re…");
        assert_eq!(excerpt("größer", 6), "größer");
    }
}
