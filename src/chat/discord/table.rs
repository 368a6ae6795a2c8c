//! A table in words: pure. In fixed width while its lines are short; a line a row otherwise.
//!
//! Why not always in fixed width? Nothing in a code block is a link or a time of the reader's zone, and
//! where a window is narrower than a row, each row becomes a heap.

use crate::chat::discord::limits;
use crate::chat::discord::render::counted;
use crate::chat::discord::text::{fixed, paragraph, small};
use crate::chat::message::{Span, Text, plain};
use crate::chat::words::{aligned, width};
use crate::text;

/// A cell of a row that is a line.
const CELL: usize = 300;
/// Room for the line that counts the rows that are missing.
const NOTE: usize = 48;

/// A table whose lines are drawn.
pub(super) struct Table {
    /// The header and then each row.
    lines: Vec<String>,
    fixed: bool,
}

impl Table {
    /// `None` without columns.
    pub(super) fn new(header: &[String], rows: &[Vec<Text>]) -> Option<Self> {
        if header.is_empty() {
            return None;
        }
        let lines = aligned(header, rows);
        let narrow = lines.iter().all(|line| line.chars().count() <= limits::TABLE_WIDTH);
        if narrow && !rows.iter().flatten().flat_map(|cell| &cell.0).any(is_live) {
            return Some(Table { lines, fixed: true });
        }
        let head = small(&text![plain(header.join(" · "))], CELL);
        let lines = std::iter::once(head).chain(rows.iter().map(|row| line(row))).collect();
        Some(Table { lines, fixed: false })
    }

    /// All of it.
    pub(super) fn whole(&self) -> String {
        self.first(self.lines.len())
    }

    /// As many rows as fit into `max`, and how many are missing; empty when none does.
    pub(super) fn within(&self, max: usize) -> String {
        let whole = self.whole();
        if width(&whole) <= max {
            return whole;
        }
        let mut room = max.saturating_sub(NOTE + if self.fixed { 8 } else { 0 });
        let fits = |line: &&String| {
            let size = width(line) + 1;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        };
        let shown = self.lines.iter().take_while(fits).count();
        if shown < 2 {
            return String::new();
        }
        let hidden = counted(self.lines.len() - shown, "more row is", "more rows are");
        format!("{}\n-# {hidden} not shown.", self.first(shown))
    }

    fn first(&self, lines: usize) -> String {
        let all = self.lines[..lines].join("\n");
        if self.fixed { fixed(&all, usize::MAX) } else { all }
    }
}

/// Whether it is more than its words.
fn is_live(span: &Span) -> bool {
    matches!(span, Span::Time { .. } | Span::Link { .. })
}

fn line(row: &[Text]) -> String {
    let cell = |cell: &Text| {
        let words = paragraph(cell, CELL).replace('\n', " ");
        if words.trim().is_empty() { "–".to_owned() } else { words }
    };
    row.iter().map(cell).collect::<Vec<_>>().join(" · ")
}
