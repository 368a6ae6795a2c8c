//! A neutral message in Block Kit: pure. What is too long is cut, never refused.

use serde_json::{Value, json};
use slack_morphism::prelude::*;

use crate::chat::attachment::{File, Picture};
use crate::chat::message::{Block, Button, Choice, Confirm, Message, Span, Style, Text};
use crate::chat::slack::limits;
use crate::chat::slack::text::{escape, fixed, paragraph, plain, runs, small, unescape, web_url};
use crate::chat::words::{aligned, cut, filled, tail, width};
use crate::text;

/// Where blocks are shown: a view takes other blocks and more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A message in a conversation.
    Message,
    /// A modal.
    Modal,
    /// The App Home.
    Home,
}

/// How the action ids of our elements begin; the rest makes them unique in their message.
pub const PRESS: &str = "press:";
/// A button that only opens an address; Slack reports these presses too.
pub const OPEN: &str = "open:";
/// A select: `choose:COMMAND:N`.
pub const CHOOSE: &str = "choose:";

/// The members `text` and `blocks` of a message.
pub fn message(message: &Message) -> Value {
    let blocks = blocks(message, Surface::Message);
    json!({ "text": fallback(message), "blocks": blocks })
}

/// The same message as its bare text, for when Slack takes nothing else of it.
pub fn bare(body: &Value) -> Value {
    let mut bare = body.clone();
    if let Some(members) = bare.as_object_mut() {
        members.remove("blocks");
    }
    let words = body["text"].as_str().unwrap_or_default();
    let words = cut(&unescape(words), limits::BARE_TEXT);
    bare["text"] = format!("{}\n(Shown without its layout and buttons.)", escape(filled(&words))).into();
    bare
}

/// Whether a rendered message shows files that Slack keeps.
pub fn has_files(body: &Value) -> bool {
    let blocks = body["blocks"].as_array().into_iter().flatten();
    blocks.into_iter().any(|block| !block["slack_file"].is_null())
}

/// What notifications and screen readers get. It is mrkdwn, so the characters that could
/// name a channel or a person are escaped; marks in it are not shown.
fn fallback(message: &Message) -> String {
    let summary = message.summary();
    let mut words = cut(filled(&summary), limits::FALLBACK_TEXT);
    while width(&escape(&words)) > limits::FALLBACK_TEXT {
        words = cut(&words, width(&words) - width(&words) / 8);
    }
    escape(&words)
}

/// The blocks, fitted to the surface: what does not fit is counted in the last one.
pub fn blocks(message: &Message, surface: Surface) -> Vec<SlackBlock> {
    let mut canvas = Canvas { surface, actions: 0, table: false };
    let all: Vec<SlackBlock> = message.blocks.iter().flat_map(|block| canvas.draw(block)).collect();
    fit(all, surface)
}

struct Canvas {
    surface: Surface,
    /// Elements so far, for unique action ids.
    actions: usize,
    /// A message takes one table; further ones are drawn as text.
    table: bool,
}

impl Canvas {
    fn draw(&mut self, block: &Block) -> Vec<SlackBlock> {
        match block {
            Block::Section { text } => paragraph(runs(text, limits::PARAGRAPH)).into_iter().collect(),
            Block::Context { text } => vec![SlackContextBlock::new(vec![small(text)]).into()],
            Block::Fields { fields } => {
                paragraph(runs(&lines(fields), limits::PARAGRAPH)).into_iter().collect()
            }
            Block::Table { header, rows } => self.table(header, rows),
            Block::Log { text } => fixed(tail(text, limits::PARAGRAPH)).into_iter().collect(),
            Block::Actions { buttons } => self.buttons(buttons),
            Block::Select { placeholder, command, choices } => self.select(placeholder, command, choices),
            Block::Picture(picture) => match image(picture) {
                Some(image) => vec![image],
                None => self.draw(&picture.in_words()),
            },
            Block::File(file) => match link(file) {
                Some(text) => self.draw(&Block::Section { text }),
                None => file.in_words().iter().flat_map(|block| self.draw(block)).collect(),
            },
            Block::Divider => vec![SlackDividerBlock::new().into()],
        }
    }

    fn table(&mut self, header: &[String], rows: &[Vec<Text>]) -> Vec<SlackBlock> {
        let columns = header.len().min(limits::TABLE_COLUMNS);
        if columns == 0 {
            return Vec::new();
        }
        let shown = rows.len().min(limits::TABLE_ROWS - 1);
        let native = self.surface == Surface::Message && !self.table;
        let drawn = if native {
            self.table = true;
            Some(native_table(&header[..columns], &rows[..shown]))
        } else {
            fixed(cut(&aligned(&header[..columns], &rows[..shown]).join("\n"), limits::PARAGRAPH))
        };
        let hidden = rows.len() - shown;
        let more = (hidden > 0).then(|| notice(&format!("{hidden} more rows are not shown.")));
        drawn.into_iter().chain(more).collect()
    }

    fn buttons(&mut self, buttons: &[Button]) -> Vec<SlackBlock> {
        let elements: Vec<_> = buttons.iter().filter_map(|b| self.button(b)).map(Into::into).collect();
        elements.chunks(limits::ACTIONS).map(|row| SlackActionsBlock::new(row.to_vec()).into()).collect()
    }

    /// `None` for an address that is no web address and for a value that Slack would not
    /// take: half of either means something else.
    fn button(&mut self, button: &Button) -> Option<SlackBlockButtonElement> {
        self.actions += 1;
        let element = SlackBlockButtonElement::new(plain(&button.label, limits::BUTTON_TEXT))
            .opt_style(style(button.style))
            .opt_confirm(button.confirm.as_ref().map(|c| confirm(c, button.style)));
        if let Some(url) = &button.url {
            let id = format!("{OPEN}{}", self.actions);
            return Some(element.with_url(web_url(url)?).with_action_id(id.into()));
        }
        if width(&button.value.0) > limits::BUTTON_VALUE || button.value.0.is_empty() {
            return None;
        }
        let id = format!("{PRESS}{}", self.actions);
        Some(element.with_value(button.value.0.clone()).with_action_id(id.into()))
    }

    fn select(&mut self, placeholder: &str, command: &str, choices: &[Choice]) -> Vec<SlackBlock> {
        self.actions += 1;
        let id = format!("{CHOOSE}{command}:{}", self.actions);
        let options: Vec<_> = choices.iter().filter_map(option).collect();
        if options.is_empty() || width(&id) > limits::ID {
            return Vec::new();
        }
        if options.len() > limits::OPTIONS {
            let element = SlackBlockExternalSelectElement::new()
                .with_action_id(id.into())
                .with_placeholder(plain(placeholder, limits::PLACEHOLDER))
                .with_min_query_length(0);
            return vec![SlackActionsBlock::new(vec![element.into()]).into()];
        }
        let element = SlackBlockStaticSelectElement::new()
            .with_action_id(id.into())
            .with_placeholder(plain(placeholder, limits::PLACEHOLDER))
            .with_options(options);
        vec![SlackActionsBlock::new(vec![element.into()]).into()]
    }
}

/// The picture, where Slack has it.
fn image(picture: &Picture) -> Option<SlackBlock> {
    let id = SlackFileId(picture.light.reference()?.to_owned());
    let file = SlackImageUrlOrFile::SlackFile { slack_file: id.into() };
    Some(SlackImageBlock::new(file, cut(filled(&picture.alt), limits::ALT_TEXT)).into())
}

/// The file, where Slack has it: its address there shares it with whoever reads the message.
fn link(file: &File) -> Option<Text> {
    let url = file.content.reference()?.to_owned();
    let size = format!(" ({} kB)", file.size.div_ceil(1_000));
    Some(Text(vec![Span::Link { url, label: file.name.clone() }, size.into()]))
}

/// An option of a select; `None` when its value is longer than Slack takes.
pub fn option(choice: &Choice) -> Option<SlackBlockChoiceItem<SlackBlockPlainTextOnly>> {
    let usable = !choice.value.is_empty() && width(&choice.value) <= limits::OPTION_VALUE;
    let label = if choice.label.trim().is_empty() { &choice.value } else { &choice.label };
    usable.then(|| SlackBlockChoiceItem::new(plain(label, limits::OPTION_TEXT), choice.value.clone()))
}

fn style(style: Style) -> Option<SlackBlockButtonStyle> {
    match style {
        Style::Default => None,
        Style::Primary => Some(SlackBlockButtonStyle::Primary),
        Style::Danger => Some(SlackBlockButtonStyle::Danger),
    }
}

fn confirm(confirm: &Confirm, style: Style) -> SlackBlockConfirmItem {
    let item = SlackBlockConfirmItem::new(
        plain(&confirm.title, limits::CONFIRM_TITLE),
        plain(&confirm.text, limits::CONFIRM_TEXT).into(),
        plain(&confirm.confirm, limits::CONFIRM_BUTTON),
        plain("Cancel", limits::CONFIRM_BUTTON),
    );
    item.opt_style((style == Style::Danger).then(|| "danger".to_owned()))
}

/// One line a field: its name strongly, then its value.
fn lines(fields: &[(String, Text)]) -> Text {
    let mut all = text![];
    for (n, (name, value)) in fields.iter().enumerate() {
        let start = if n == 0 { "" } else { "\n" };
        all = all.then(start).then(crate::chat::message::strong(name)).then("  ");
        all.0.extend(value.0.iter().cloned());
    }
    all
}

fn native_table(header: &[String], rows: &[Vec<Text>]) -> SlackBlock {
    let head = header.iter().map(|name| filled(name).into()).collect();
    let body = rows.iter().map(|row| (0..header.len()).map(|n| cell(row.get(n))).collect());
    let wrapped = vec![SlackTableColumnSetting::new().with_is_wrapped(true); header.len()];
    let rows = std::iter::once(head).chain(body).collect();
    SlackTableBlock::new(rows).with_column_settings(wrapped).into()
}

fn cell(text: Option<&Text>) -> SlackTableCell {
    let runs = text.map(|text| runs(text, limits::PARAGRAPH)).unwrap_or_default();
    if runs.is_empty() {
        return "–".into();
    }
    SlackTableRichTextCell::new(vec![SlackRichTextSection::new(runs).into()]).into()
}

fn notice(sentence: &str) -> SlackBlock {
    SlackContextBlock::new(vec![small(&sentence.into())]).into()
}

fn fit(mut all: Vec<SlackBlock>, surface: Surface) -> Vec<SlackBlock> {
    let most = if surface != Surface::Message { limits::VIEW_BLOCKS } else { limits::MESSAGE_BLOCKS };
    let mut spent = 0;
    let affordable = all.iter().take_while(|block| {
        spent += cost(block);
        spent <= limits::MESSAGE_TEXT
    });
    let affordable = affordable.count();
    if affordable == all.len() && all.len() <= most {
        return all;
    }
    let kept = affordable.min(most - 1);
    let hidden = all.len() - kept;
    all.truncate(kept);
    all.push(notice(&format!("{hidden} more parts of this message are not shown.")));
    all
}

/// The text of a block as Slack counts it, roughly: elements to press do not count.
fn cost(block: &SlackBlock) -> usize {
    if matches!(block, SlackBlock::Actions(_)) {
        return 0;
    }
    serde_json::to_value(block).map(|value| strings(&value)).unwrap_or(0)
}

fn strings(value: &Value) -> usize {
    match value {
        Value::String(text) => width(text),
        Value::Array(items) => items.iter().map(strings).sum(),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| name.as_str() != "type").map(|(_, v)| strings(v)).sum()
        }
        _ => 0,
    }
}
