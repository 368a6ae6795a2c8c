//! What the bot says, in no platform's own words: `Reply`, `Message`, `Block`, `Text`.
//!
//! A renderer turns these into Block Kit, embeds or HTML and escapes every
//! span by its own platform's rules; nothing here is markup.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::chat::attachment::{Blob, File, PNG, Picture, Upload};
use crate::chat::form::Form;
use crate::clock::Timestamp;

/// A run of text with one meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Span {
    /// Text as it is.
    Plain { text: String },
    /// A name, a command, anything to be read letter by letter.
    Code { text: String },
    /// The fact of the line.
    Strong { text: String },
    /// A title or somebody's words.
    Emphasis { text: String },
    /// A web address (`http` or `https`; anything else is rendered as plain text).
    Link { url: String, label: String },
    /// An instant, shown in the reader's zone where the platform knows it.
    Time { at: Timestamp },
}

/// Shown as code.
pub fn code(text: impl Into<String>) -> Span {
    Span::Code { text: text.into() }
}

/// Shown strongly.
pub fn strong(text: impl Into<String>) -> Span {
    Span::Strong { text: text.into() }
}

/// Shown emphasised.
pub fn emphasis(text: impl Into<String>) -> Span {
    Span::Emphasis { text: text.into() }
}

/// Somebody's words as they are: backticks in them mean nothing.
pub fn plain(text: impl Into<String>) -> Span {
    Span::Plain { text: text.into() }
}

/// A link that shows its own address.
pub fn link(url: impl Into<String>) -> Span {
    let url = url.into();
    Span::Link { label: url.clone(), url }
}

/// An instant in the reader's zone.
pub fn time(at: Timestamp) -> Span {
    Span::Time { at }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        plain(text)
    }
}

impl From<String> for Span {
    fn from(text: String) -> Self {
        plain(text)
    }
}

/// A line or paragraph of spans. Newlines in plain spans are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// Adds a span at the end.
    #[must_use]
    pub fn then(mut self, span: impl Into<Span>) -> Self {
        self.0.push(span.into());
        self
    }

    /// The words without marks: for notifications, screen readers and logs of tests.
    pub fn plain(&self) -> String {
        self.0.iter().map(Span::plain).collect()
    }
}

impl Span {
    /// The words of the span without marks; an instant as `2026-11-22 18:00 UTC`.
    pub fn plain(&self) -> String {
        match self {
            Span::Plain { text } | Span::Code { text } | Span::Strong { text } | Span::Emphasis { text } => {
                text.clone()
            }
            Span::Link { url, label } if url == label => url.clone(),
            Span::Link { url, label } => format!("{label} ({url})"),
            Span::Time { at } => at.utc().format("%Y-%m-%d %H:%M UTC").to_string(),
        }
    }
}

/// Our own sentences: words between backticks become code. For somebody's
/// words use [`plain`] or [`code`].
impl From<&str> for Text {
    fn from(sentence: &str) -> Self {
        let pieces = sentence.split('`').enumerate();
        let spans = pieces.filter(|(_, piece)| !piece.is_empty());
        Text(spans.map(|(i, piece)| if i % 2 == 1 { code(piece) } else { plain(piece) }).collect())
    }
}

impl From<String> for Text {
    fn from(sentence: String) -> Self {
        sentence.as_str().into()
    }
}

/// Builds a [`Text`] from strings and spans: `text!["✅ ", code(name), " is ready"]`.
#[macro_export]
macro_rules! text {
    ($($span:expr),* $(,)?) => {
        $crate::chat::message::Text(vec![$($crate::chat::message::Span::from($span)),*])
    };
}

/// How a button looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// One of several equal ones.
    #[default]
    Default,
    /// What most people want next.
    Primary,
    /// Destroys something: red, and it carries a [`Confirm`].
    Danger,
}

/// The platform's own "are you sure" dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// At most 100 characters.
    pub title: String,
    /// What will happen; at most 300 characters.
    pub text: String,
    /// The verb, at most 30 characters.
    pub confirm: String,
}

/// `command:id:arg`, at most 100 characters: what a press sends back.
///
/// `command` is a spec's key (`env.destroy`); `id` and `arg` fill its first
/// two arguments. Authority is the row behind `id`, never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ButtonValue(pub String);

impl ButtonValue {
    /// The value for `command` with the given arguments.
    pub fn new(command: &str, id: &str, arg: &str) -> Self {
        ButtonValue(format!("{command}:{id}:{arg}"))
    }

    /// (command, id, arg); missing parts are empty.
    pub fn parts(&self) -> (&str, &str, &str) {
        let mut parts = self.0.splitn(3, ':');
        let mut next = || parts.next().unwrap_or_default();
        (next(), next(), next())
    }
}

/// Something to press.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// A verb, at most 75 characters.
    pub label: String,
    /// What the press means; ignored when `url` is set.
    pub value: ButtonValue,
    #[serde(default)]
    pub style: Style,
    #[serde(default)]
    pub confirm: Option<Confirm>,
    /// Opens this address instead of running a command.
    #[serde(default)]
    pub url: Option<String>,
}

impl Button {
    /// Runs `command` with `id` and `arg`.
    pub fn new(label: impl Into<String>, command: &str, id: &str, arg: &str) -> Self {
        let value = ButtonValue::new(command, id, arg);
        Button { label: label.into(), value, style: Style::Default, confirm: None, url: None }
    }

    /// Opens `url`.
    pub fn open(label: impl Into<String>, url: impl Into<String>) -> Self {
        let mut button = Button::new(label, "open", "", "");
        button.url = Some(url.into());
        button
    }

    /// What most people want next.
    #[must_use]
    pub fn primary(mut self) -> Self {
        self.style = Style::Primary;
        self
    }

    /// Red, and confirmed first.
    #[must_use]
    pub fn danger(
        mut self,
        title: impl Into<String>,
        text: impl Into<String>,
        confirm: impl Into<String>,
    ) -> Self {
        self.style = Style::Danger;
        self.confirm = Some(Confirm { title: title.into(), text: text.into(), confirm: confirm.into() });
        self
    }
}

/// One entry of a select: what is shown, what is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// A part of a message, top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "block")]
pub enum Block {
    /// A paragraph.
    Section { text: Text },
    /// Small grey print below the fact.
    Context { text: Text },
    /// Pairs of a name and a value.
    Fields { fields: Vec<(String, Text)> },
    /// A table; every row as long as `header`.
    Table { header: Vec<String>, rows: Vec<Vec<Text>> },
    /// Output of a program, shown in fixed width.
    Log { text: String },
    /// Buttons, the safe one first.
    Actions { buttons: Vec<Button> },
    /// A choice that runs `command` with the chosen value as its first argument.
    Select { placeholder: String, command: String, choices: Vec<Choice> },
    /// A picture, or what it shows in words where it cannot be shown.
    Picture(Picture),
    /// A small file to be taken away, or how it begins where it cannot be sent.
    File(File),
    /// A line between two things.
    Divider,
}

/// One message: blocks, and the words alone for notifications.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub blocks: Vec<Block>,
}

impl Message {
    /// A message of one paragraph.
    pub fn new(text: impl Into<Text>) -> Self {
        Message { blocks: vec![Block::Section { text: text.into() }] }
    }

    /// Adds a block at the end.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn section(self, text: impl Into<Text>) -> Self {
        self.with(Block::Section { text: text.into() })
    }

    /// Adds small print.
    #[must_use]
    pub fn context(self, text: impl Into<Text>) -> Self {
        self.with(Block::Context { text: text.into() })
    }

    /// Adds a row of buttons; none when there are none.
    #[must_use]
    pub fn buttons(self, buttons: Vec<Button>) -> Self {
        if buttons.is_empty() { self } else { self.with(Block::Actions { buttons }) }
    }

    /// Adds a picture.
    #[must_use]
    pub fn picture(self, picture: Picture) -> Self {
        self.with(Block::Picture(picture))
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, file: File) -> Self {
        self.with(Block::File(file))
    }

    /// Whether it has pictures or files.
    pub fn has_files(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Picture(_) | Block::File(_)))
    }

    /// The same with its pictures and files told in words.
    #[must_use]
    pub fn in_words(self) -> Self {
        let told = |block: Block| match block {
            Block::Picture(picture) => vec![picture.in_words()],
            Block::File(file) => file.in_words(),
            other => vec![other],
        };
        Message { blocks: self.blocks.into_iter().flat_map(told).collect() }
    }

    /// Everything that is to be kept with it: (of which kind, the bytes).
    pub fn blobs(&self) -> Vec<(&'static str, &Blob)> {
        let mut all = Vec::new();
        for block in &self.blocks {
            match block {
                Block::Picture(picture) => all.extend([(PNG, &picture.light), (PNG, &picture.dark)]),
                Block::File(file) => all.push((file.media(), &file.content)),
                _ => {}
            }
        }
        all
    }

    /// What a platform has to have that keeps files of its own. Those know one background.
    pub fn uploads(&self) -> Vec<Upload> {
        let of_block = |block: &Block| match block {
            Block::Picture(Picture { name, alt, light, .. }) => {
                let (name, alt) = (format!("{name}.png"), alt.clone());
                Some(Upload { name, alt, media: PNG, blob: light.clone() })
            }
            Block::File(file) => {
                let (name, blob) = (file.name.clone(), file.content.clone());
                Some(Upload { name, alt: String::new(), media: file.media(), blob })
            }
            _ => None,
        };
        self.blocks.iter().filter_map(of_block).collect()
    }

    /// Says what the platform calls what it has, by digest.
    #[must_use]
    pub fn referring(mut self, references: &BTreeMap<String, String>) -> Self {
        for blob in self.uploaded() {
            if let Some(reference) = references.get(blob.digest()) {
                blob.refer(reference.clone());
            }
        }
        self
    }

    /// With the bytes of these by digest, and of no others.
    #[must_use]
    pub fn carrying(mut self, bytes: &BTreeMap<String, Arc<[u8]>>) -> Self {
        for blob in self.uploaded() {
            let bare = Blob::from(blob.digest().to_owned());
            *blob = bytes.get(blob.digest()).map_or(bare, |bytes| blob.with(bytes.clone()));
        }
        self
    }

    /// The bytes of [`Message::uploads`].
    fn uploaded(&mut self) -> impl Iterator<Item = &mut Blob> {
        self.blocks.iter_mut().filter_map(|block| match block {
            Block::Picture(picture) => Some(&mut picture.light),
            Block::File(file) => Some(&mut file.content),
            _ => None,
        })
    }

    /// All that is written in it, but for what a program said.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.blocks.iter().flat_map(|block| match block {
            Block::Section { text } | Block::Context { text } => vec![text],
            Block::Fields { fields } => fields.iter().map(|(_, value)| value).collect(),
            Block::Table { rows, .. } => rows.iter().flatten().collect(),
            _ => Vec::new(),
        })
    }

    /// The first paragraph's words: the notification text.
    pub fn summary(&self) -> String {
        let first = self.blocks.iter().find_map(|block| match block {
            Block::Section { text } | Block::Context { text } => Some(text.plain()),
            Block::Picture(picture) => Some(picture.alt.clone()),
            _ => None,
        });
        first.unwrap_or_default()
    }
}

/// What a handler answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reply")]
pub enum Reply {
    /// Only the person who asked sees it.
    Private { message: Message },
    /// Everybody in the conversation sees it.
    Public { message: Message },
    /// A form to fill in.
    Form { form: Form },
    /// The submitted form stays open with these sentences at its fields
    /// (field name → sentence; the empty name is the form as a whole).
    Refused { fields: BTreeMap<String, String> },
    /// Nothing to add: the answer is a message that changes elsewhere.
    Silent,
}

impl Reply {
    /// A private answer.
    pub fn private(message: Message) -> Self {
        Reply::Private { message }
    }

    /// A private answer of one sentence of ours.
    pub fn say(sentence: impl Into<Text>) -> Self {
        Reply::private(Message::new(sentence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_of_ours_become_code_and_those_of_others_do_not() {
        assert_eq!(Text::from("type `env list` now"), text!["type ", code("env list"), " now"]);
        assert_eq!(text![plain("`rm`")].plain(), "`rm`");
    }

    #[test]
    fn a_button_value_splits_into_three_and_keeps_colons_in_the_last() {
        let value = ButtonValue::new("env.extend", "env_1", "until 18:00");
        assert_eq!(value.parts(), ("env.extend", "env_1", "until 18:00"));
        assert_eq!(ButtonValue("help".into()).parts(), ("help", "", ""));
    }
}
