//! Slack's payloads as neutral invocations: pure, and lenient.
//!
//! Only what an answer needs is looked at, one member at a time: a member that is
//! missing, `null` or of another type costs nothing but itself. The text of a slash
//! command loses its entities here; that `&lt;@U1&gt;` typed by hand then reads like
//! a mention costs nothing, since a mention gives no authority. Values of forms are
//! not encoded by Slack.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::chat::directory::Account;
use crate::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing, TypeAhead};
use crate::chat::message::ButtonValue;
use crate::chat::payload::{digest, text};
use crate::chat::slack::events::event;
use crate::chat::slack::render::{CHOOSE, OPEN, Surface};
use crate::chat::slack::text::unescape;
use crate::chat::slack::view::{FLAG, LOOKUP, Metadata};
use crate::chat::words::cut;

/// The command that shows somebody's own page.
pub(super) const HOME: &str = "home";
/// The platform's name.
pub const PLATFORM: &str = "slack";

/// Who the bot is, as `auth.test` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub team: String,
    /// The organisation that the workspace belongs to, if any.
    pub enterprise: Option<String>,
    pub bot_user: Option<String>,
}

/// What a request is.
#[derive(Debug, PartialEq)]
pub enum Parsed {
    /// Somebody did something.
    Act(Box<Act>),
    /// Somebody types and wants to see what fits.
    Ask(Box<TypeAhead>),
    /// Slack tells of an account.
    Told(Box<Account>),
    /// Slack asks whether the address is ours.
    Challenge(String),
    /// Nothing to do, and known so.
    Quiet,
    /// Slack tells of something that the operator has to know.
    Trouble(&'static str),
    /// Nothing we know; the kind is for the log.
    Unknown(String),
}

/// An invocation and what its answer needs to know.
#[derive(Debug, PartialEq)]
pub struct Act {
    pub invocation: Invocation,
    pub via: Via,
    /// Opens a view, once and within three seconds.
    pub trigger: Option<String>,
}

impl Act {
    /// The look at the App Home that a press in it is followed by: whatever came of the
    /// press, the page shows it.
    pub fn page(&self) -> Option<Invocation> {
        let at_home = self.via == Via::Press { on: Surface::Home };
        at_home.then(|| Invocation {
            delivery: format!("{}:page", self.invocation.delivery),
            answer_by: AnswerBy::Home,
            input: Input::Press { value: ButtonValue::new(HOME, "", "") },
            ..self.invocation.clone()
        })
    }
}

/// What was done on Slack's side.
#[derive(Debug, PartialEq)]
pub enum Via {
    /// A slash command.
    Slash,
    /// A mention, a direct message, or a look at the App Home.
    Event,
    /// A press, or something else that comes with a trigger.
    Press { on: Surface },
    /// A modal: its title and its inputs from the top.
    Submit { title: String, fields: Vec<String> },
}

impl Via {
    /// What metrics call it.
    pub fn word(&self) -> &'static str {
        match self {
            Via::Slash => "slash",
            Via::Event => "event",
            Via::Press { .. } => "press",
            Via::Submit { .. } => "submit",
        }
    }
}

/// Reads a request whose signature held.
pub fn parse(body: &[u8], connected: Option<&Workspace>) -> Parsed {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    let reader = Reader { connected, digest: digest(body) };
    if first == Some(&b'{') {
        return match serde_json::from_slice(body) {
            Ok(value) => event(&reader, &value),
            Err(_) => Parsed::Unknown("garbled JSON".into()),
        };
    }
    // Of a member sent twice the first counts.
    let mut form = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        form.entry(name.into_owned()).or_insert(value.into_owned());
    }
    if form.get("ssl_check").is_some_and(|set| set != "0") {
        return Parsed::Quiet;
    }
    if let Some(payload) = form.get("payload") {
        return match serde_json::from_str(payload) {
            Ok(value) => reader.interaction(&value),
            Err(_) => Parsed::Unknown("garbled payload".into()),
        };
    }
    if form.contains_key("command") { reader.slash(&json!(form)) } else { Parsed::Unknown("form".into()) }
}

/// A kind that is only noted.
pub(super) fn unknown(kind: &str) -> Parsed {
    Parsed::Unknown(cut(if kind.is_empty() { "no type" } else { kind }, 64))
}

/// Reads one request.
pub(super) struct Reader<'a> {
    pub(super) connected: Option<&'a Workspace>,
    /// Of the whole body: the delivery key where Slack gave nothing better.
    pub(super) digest: String,
}

/// What Slack says of where a person belongs.
pub(super) struct Seen {
    /// The person's own workspace.
    pub(super) own: Option<String>,
    /// The workspace where they were met.
    pub(super) met: Option<String>,
    /// The organisation of that place.
    pub(super) enterprise: Option<String>,
    /// Whether people of other companies can be there.
    pub(super) shared: bool,
}

impl Reader<'_> {
    fn slash(&self, form: &Value) -> Parsed {
        let Some(user) = text(form, &["user_id"]) else {
            return unknown("slash command without a user");
        };
        let (met, enterprise) = (text(form, &["team_id"]), text(form, &["enterprise_id"]));
        let (identity, standing) = self.someone(&user, &Seen { own: None, met, enterprise, shared: false });
        let channel = text(form, &["channel_id"]);
        let by_name = text(form, &["channel_name"]).is_some_and(|name| name == "directmessage");
        let trigger = text(form, &["trigger_id"]);
        let invocation = Invocation {
            standing,
            identity,
            display_name: text(form, &["user_name"]).unwrap_or_else(|| user.clone()),
            place: place(channel, by_name, &user),
            delivery: trigger.clone().unwrap_or_else(|| self.digest.clone()),
            answer_by: AnswerBy::InlineWords,
            input: Input::Line { text: unescape(&text(form, &["text"]).unwrap_or_default()) },
        };
        Parsed::Act(Box::new(Act { invocation, via: Via::Slash, trigger }))
    }

    fn interaction(&self, payload: &Value) -> Parsed {
        let kind = text(payload, &["type"]).unwrap_or_default();
        let act = match kind.as_str() {
            "block_actions" => self.press(payload),
            "view_submission" => self.submission(payload),
            "block_suggestion" => self.typing(payload),
            "shortcut" | "message_action" => self.shortcut(payload),
            "view_closed" => Some(Parsed::Quiet),
            _ => None,
        };
        act.unwrap_or_else(|| unknown(&kind))
    }

    fn press(&self, payload: &Value) -> Option<Parsed> {
        let actions = payload.get("actions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let Some((action, value)) = actions.iter().find_map(|action| Some((action, pressed(action)?))) else {
            let opened = |action| text(action, &["action_id"]).is_some_and(|id| id.starts_with(OPEN));
            // Slack reports the press of a link, too, and wants only to be answered.
            return actions.iter().any(opened).then_some(Parsed::Quiet);
        };
        let trigger = text(payload, &["trigger_id"]);
        let id = text(action, &["action_id"]).unwrap_or_default();
        let delivery = match (&trigger, text(action, &["action_ts"])) {
            (Some(trigger), ts) => format!("{trigger}:{id}:{}", ts.unwrap_or_default()),
            (None, Some(ts)) => format!("{}:{id}:{ts}", user(payload)?),
            (None, None) => self.digest.clone(),
        };
        let channel =
            text(payload, &["channel", "id"]).or_else(|| text(payload, &["container", "channel_id"]));
        let by_name = text(payload, &["channel", "name"]).is_some_and(|name| name == "directmessage");
        let thread = text(payload, &["container", "thread_ts"]);
        let thread = thread.or_else(|| text(payload, &["message", "thread_ts"]));
        let place = Place { thread, ..place(channel, by_name, &user(payload)?) };
        let mut invocation = self.did(payload, delivery, place, Input::Press { value })?;
        if let Some(url) = text(payload, &["response_url"]) {
            invocation.answer_by = AnswerBy::Url { url };
        }
        let on = match text(payload, &["view", "type"]).as_deref() {
            Some("modal") => Surface::Modal,
            Some("home") => Surface::Home,
            _ => Surface::Message,
        };
        Some(Parsed::Act(Box::new(Act { invocation, via: Via::Press { on }, trigger })))
    }

    fn submission(&self, payload: &Value) -> Option<Parsed> {
        let view = payload.get("view")?;
        let metadata = metadata(view);
        let callback = text(view, &["callback_id"]);
        let command = Some(metadata.command).filter(|command| !command.is_empty()).or(callback)?;
        let state = view.get("state").and_then(|state| state.get("values"));
        let values = state.and_then(Value::as_object).into_iter().flatten();
        let values: BTreeMap<String, String> =
            values.filter_map(|(field, actions)| Some((field.clone(), answer(actions)?))).collect();
        let delivery = match (text(view, &["id"]), text(view, &["hash"])) {
            // The values are part of the key: after a refusal the same view, with the same
            // hash, is submitted again with better ones, and that is no repeat.
            (Some(id), Some(hash)) => format!("{id}:{hash}:{}", digest(json!(values).to_string().as_bytes())),
            _ => self.digest.clone(),
        };
        let place = metadata.place.unwrap_or(place(None, true, &user(payload)?));
        let input = Input::Submit { command, fixed: metadata.fixed, values };
        let invocation = self.did(payload, delivery, place, input)?;
        let title = text(view, &["title", "text"]).unwrap_or_else(|| "Answer".into());
        let via = Via::Submit { title, fields: fields(view, state) };
        Some(Parsed::Act(Box::new(Act { invocation, via, trigger: text(payload, &["trigger_id"]) })))
    }

    /// What is typed into a field of a form, or into the choice of a message.
    fn typing(&self, payload: &Value) -> Option<Parsed> {
        let id = text(payload, &["action_id"])?;
        let chosen = id.strip_prefix(CHOOSE).and_then(|rest| rest.rsplit_once(':'));
        let (command, argument) = match chosen {
            Some((command, _)) => (command.to_owned(), String::new()),
            None if id == LOOKUP => (metadata(payload.get("view")?).command, text(payload, &["block_id"])?),
            None => return None,
        };
        let (identity, standing, display_name) = self.person(payload)?;
        let typed = text(payload, &["value"]).unwrap_or_default();
        Some(Parsed::Ask(Box::new(TypeAhead { identity, standing, display_name, command, argument, typed })))
    }

    /// A shortcut of Slack's own menus, of a message or anywhere; it is called like the
    /// command that it runs.
    fn shortcut(&self, payload: &Value) -> Option<Parsed> {
        let command = text(payload, &["callback_id"]).filter(|id| !id.contains(':'))?;
        let trigger = text(payload, &["trigger_id"]);
        let thread = text(payload, &["message", "thread_ts"]);
        let place = Place { thread, ..place(text(payload, &["channel", "id"]), false, &user(payload)?) };
        let delivery = trigger.clone().unwrap_or_else(|| self.digest.clone());
        let input = Input::Press { value: ButtonValue::new(&command, "", "") };
        let mut invocation = self.did(payload, delivery, place, input)?;
        // A modal is seen wherever the person is; without a trigger none opens.
        if let (None, Some(url)) = (&trigger, text(payload, &["response_url"])) {
            invocation.answer_by = AnswerBy::Url { url };
        }
        Some(Parsed::Act(Box::new(Act { invocation, via: Via::Press { on: Surface::Message }, trigger })))
    }

    fn did(&self, payload: &Value, delivery: String, place: Place, input: Input) -> Option<Invocation> {
        let (identity, standing, display_name) = self.person(payload)?;
        let answer_by = AnswerBy::InlineWords;
        Some(Invocation { identity, standing, display_name, place, delivery, answer_by, input })
    }

    /// Who did it, and what to call them.
    fn person(&self, payload: &Value) -> Option<(Identity, Standing, String)> {
        let user = user(payload)?;
        let (own, met) = (text(payload, &["user", "team_id"]), text(payload, &["team", "id"]));
        let enterprise =
            text(payload, &["enterprise", "id"]).or_else(|| text(payload, &["team", "enterprise_id"]));
        let (identity, standing) = self.someone(&user, &Seen { own, met, enterprise, shared: false });
        let name = text(payload, &["user", "name"]).or_else(|| text(payload, &["user", "username"]));
        Some((identity, standing, name.unwrap_or(user)))
    }

    /// Who a user is, and whether they belong here.
    pub(super) fn someone(&self, user: &str, seen: &Seen) -> (Identity, Standing) {
        let Seen { own, met, enterprise, shared } = seen;
        let ours = self.connected.and_then(|connected| connected.enterprise.as_ref());
        // An organisation's own user may be named by it instead of by a workspace.
        let home = own.as_ref().filter(|team| Some(*team) != ours);
        // The payload's organisation is the one of the place. It says nothing of somebody
        // from another workspace, who may be a guest of a shared channel.
        let proven = enterprise.as_ref().filter(|_| home.is_none() || met.is_none() || home == met.as_ref());
        let team = home.or(met.as_ref());
        // Where Slack names no workspace, the connected one is meant.
        let connected = self.connected.map(|connected| &connected.team);
        let workspace = team.or(connected).or(enterprise.as_ref()).cloned().unwrap_or_default();
        let foreign = connected.is_some() && team.is_some() && team != connected;
        let outsider = (*shared && own.is_none()) || (foreign && (ours.is_none() || proven != ours));
        let standing = if outsider { Standing::Outsider } else { Standing::Member };
        (Identity::new(PLATFORM, &workspace, user), standing)
    }
}

/// What we gave a view to carry.
fn metadata(view: &Value) -> Metadata {
    let data = text(view, &["private_metadata"]);
    data.and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default()
}

/// Where something was done; without a channel it is between the person and the bot.
pub(super) fn place(channel: Option<String>, by_name: bool, user: &str) -> Place {
    match channel {
        Some(id) => Place { direct: by_name || id.starts_with('D'), conversation: id, thread: None },
        None => Place { direct: true, conversation: user.to_owned(), thread: None },
    }
}

/// What a press means: the value of a button; of a select the chosen value, as the first
/// argument of the command in its action id.
fn pressed(action: &Value) -> Option<ButtonValue> {
    if let Some(value) = text(action, &["value"]) {
        return Some(ButtonValue(value));
    }
    let chosen = text(action, &["selected_option", "value"])?;
    let id = text(action, &["action_id"]).unwrap_or_default();
    let command = id.strip_prefix(CHOOSE).and_then(|rest| rest.rsplit_once(':'));
    Some(match command {
        Some((command, _)) => ButtonValue::new(command, &chosen, ""),
        None => ButtonValue(chosen),
    })
}

/// The answer to one input: text as it is, yes or no as `true` or `false`, several as a
/// JSON list; `None` where nothing was given.
fn answer(actions: &Value) -> Option<String> {
    let (id, element) = actions.as_object()?.iter().next()?;
    let kind = text(element, &["type"]).unwrap_or_default();
    let several = element.get("selected_options");
    if several.is_some() || matches!(kind.as_str(), "checkboxes" | "multi_static_select") {
        let options = several.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let chosen: Vec<String> = options.iter().filter_map(|option| text(option, &["value"])).collect();
        let list = if id == FLAG { json!(!chosen.is_empty()) } else { json!(chosen) };
        return Some(list.to_string());
    }
    text(element, &["selected_option", "value"]).or_else(|| text(element, &["value"]))
}

/// The inputs of a view from the top, else in the order of their values.
fn fields(view: &Value, state: Option<&Value>) -> Vec<String> {
    let blocks = view.get("blocks").and_then(Value::as_array).into_iter().flatten();
    let inputs = blocks.filter(|block| text(block, &["type"]).is_some_and(|kind| kind == "input"));
    let named: Vec<String> = inputs.filter_map(|block| text(block, &["block_id"])).collect();
    if !named.is_empty() {
        return named;
    }
    state.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn user(payload: &Value) -> Option<String> {
    text(payload, &["user", "id"])
}
