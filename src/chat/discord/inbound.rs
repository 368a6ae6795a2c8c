//! Discord's interactions as neutral invocations: pure, and lenient. The same for those that came
//! over HTTP and over the gateway.
//!
//! Only what an answer needs is looked at, one member at a time: a member that is missing, `null` or
//! of another type costs nothing but itself.

use serde_json::Value;

use super::PLATFORM;
use super::components::{self, Pressed};
use super::form::{self, Move};
use super::{tree, typed};
use crate::chat::directory::Account;
use crate::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing, TypeAhead};
use crate::chat::payload::text;
use crate::commands::spec::Menu;

/// A direct conversation between a person and the bot ("Channel types").
const DIRECT: &str = "1";
/// Of a member's flags: somebody who was let into one voice channel ("Guild Member Flags").
const GUEST: u64 = 1 << 4;

/// What an interaction is.
#[derive(Debug, PartialEq)]
pub enum Parsed {
    /// Discord asks whether somebody is there.
    Ping,
    /// Somebody did something.
    Act(Box<Act>),
    /// Somebody types and wants to see what fits; into what, where we know it.
    Ask(Option<Box<Asking>>),
    /// Nothing we know; the kind is for the log.
    Unknown(String),
}

/// What somebody did, and what its answer needs to know.
#[derive(PartialEq)]
pub struct Act {
    /// Who did it, as far as the interaction tells.
    pub who: Account,
    pub place: Place,
    pub via: Via,
    pub deed: Deed,
    /// Whether it was done under a message, which may stay as it is.
    pub under: bool,
    /// The interaction: its id, unique and the same when it comes again; and what answers it for fifteen
    /// minutes whoever has it, so that it is never logged.
    pub id: String,
    pub app: String,
    pub token: String,
    /// Where an answer goes that was promised; no more than the token to be logged.
    pub promise: Option<String>,
}

/// What it means.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// It is for the engine.
    Do(Input),
    /// The same; what it comes to takes the place of the question that was pressed.
    Sure(Input),
    /// A step in a form.
    Fill(Move),
    /// They are asked first; the `data` of the question.
    Confirm(Value),
}

impl Act {
    /// The invocation that says so.
    pub fn invocation(&self, input: Input) -> Invocation {
        Invocation {
            identity: self.who.identity.clone(),
            standing: self.who.standing,
            display_name: self.who.name.clone(),
            place: self.place.clone(),
            delivery: self.id.clone(),
            answer_by: match &self.promise {
                Some(url) => AnswerBy::InlineOr { url: url.clone() },
                None => AnswerBy::InlineWords,
            },
            input,
        }
    }
}

impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Act { who, via, deed, id, .. } = self;
        let mut shown = f.debug_struct("Act");
        shown.field("identity", &who.identity).field("via", via).field("deed", deed).field("id", id);
        shown.finish_non_exhaustive()
    }
}

/// Somebody who types a value, and looks for what there is.
#[derive(Debug, PartialEq)]
pub struct Asking {
    pub who: Account,
    focused: typed::Focused,
}

impl Asking {
    /// What is looked for.
    pub fn ahead(self) -> TypeAhead {
        let Asking { who: Account { identity, standing, name, .. }, focused } = self;
        let typed::Focused { command, argument, typed } = focused;
        TypeAhead { identity, standing, display_name: name, command, argument, typed }
    }
}

/// What was done on Discord's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The slash command.
    Command,
    /// A button or a select of a message.
    Press,
    /// A modal.
    Submit,
}

impl Via {
    /// What metrics call it.
    pub fn word(self) -> &'static str {
        match self {
            Via::Command => "slash",
            Via::Press => "press",
            Via::Submit => "submit",
        }
    }
}

/// Reads an interaction. Whether its guild is one of ours it does not say, nor where somebody belongs who acts
/// in a direct conversation.
pub fn parse(interaction: &Value, menu: &Menu) -> Parsed {
    let reader = Reader { interaction, menu };
    let kind = text(interaction, &["type"]).unwrap_or_default();
    let parsed = match kind.as_str() {
        "1" => Some(Parsed::Ping),
        "2" => reader.command(),
        "3" => reader.press(),
        "4" => Some(Parsed::Ask(reader.typing().map(Box::new))),
        "5" => reader.submission(),
        _ => None,
    };
    parsed.unwrap_or_else(|| Parsed::Unknown(format!("type {}", kind.chars().take(16).collect::<String>())))
}

/// The member of a guild that Discord tells of; `None` without an id. A program, a guest who may listen
/// to one channel, and whoever has not agreed to the guild's rules yet are no full members.
pub fn member(guild: &str, member: &Value) -> Option<Account> {
    let user = member.get("user")?;
    let is = |of: &Value, mark: &str| of.get(mark) == Some(&Value::Bool(true));
    let guest = member.get("flags").and_then(Value::as_u64).unwrap_or(0) & GUEST != 0;
    let bot = machine(user);
    let standing = match bot || guest || is(member, "pending") {
        true => Standing::Outsider,
        false => Standing::Member,
    };
    let roles = member.get("roles").and_then(Value::as_array).into_iter().flatten();
    let roles = roles.filter_map(Value::as_str).map(str::to_owned).collect();
    let called = text(member, &["nick"]);
    Some(Account { standing, bot, groups: Some(roles), ..somebody(guild, user, called)? })
}

/// A user, of whom nothing else is known.
fn somebody(guild: &str, user: &Value, called: Option<String>) -> Option<Account> {
    let id = text(user, &["id"])?;
    let names = [called, text(user, &["global_name"]), text(user, &["username"])];
    let name = names.into_iter().flatten().next().unwrap_or_else(|| id.clone());
    let (identity, standing) = (Identity::new(PLATFORM, guild, &id), Standing::Outsider);
    Some(Account { identity, name, zone: None, standing, bot: machine(user), groups: None })
}

fn machine(user: &Value) -> bool {
    ["bot", "system"].iter().any(|mark| user.get(mark) == Some(&Value::Bool(true)))
}

struct Reader<'a> {
    interaction: &'a Value,
    menu: &'a Menu,
}

impl Reader<'_> {
    fn text(&self, path: &[&str]) -> Option<String> {
        text(self.interaction, path)
    }

    fn command(&self) -> Option<Parsed> {
        let data = self.interaction.get("data")?;
        let ours = text(data, &["name"]).is_some_and(|name| name == tree::COMMAND);
        let typed = matches!(text(data, &["type"]).as_deref(), None | Some("1"));
        let line = (ours && typed).then(|| typed::line(self.menu, data))?;
        self.did(Via::Command, Deed::Do(Input::Line { text: line }))
    }

    fn typing(&self) -> Option<Asking> {
        let focused = typed::focused(self.menu, self.interaction.get("data")?)?;
        Some(Asking { who: self.who()?, focused })
    }

    fn press(&self) -> Option<Parsed> {
        let id = self.text(&["data", "custom_id"])?;
        let values = self.interaction.pointer("/data/values").and_then(Value::as_array);
        let chosen = values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let chosen: Vec<String> = chosen.collect();
        if let Some(step) = form::pressed(&id, &chosen) {
            return self.did(Via::Press, Deed::Fill(step));
        }
        let deed = match components::pressed(&id, &chosen)? {
            Pressed::Value(value) => Deed::Do(Input::Press { value }),
            Pressed::Sure(value) => Deed::Sure(Input::Press { value }),
            Pressed::Confirm { value, title } => match self.menu.get(value.parts().0) {
                Some(spec) => {
                    let label = label(self.interaction.get("message"), &id).unwrap_or_else(|| "Go on".into());
                    let words = spec.confirm.as_deref();
                    Deed::Confirm(components::confirm(&value, title.as_deref(), &label, words))
                }
                // Of another version: there is nothing to be sure of.
                None => Deed::Do(Input::Press { value }),
            },
        };
        self.did(Via::Press, deed)
    }

    fn submission(&self) -> Option<Parsed> {
        let step = form::sent(&self.text(&["data", "custom_id"])?, self.interaction.get("data")?)?;
        self.did(Via::Submit, Deed::Fill(step))
    }

    fn did(&self, via: Via, deed: Deed) -> Option<Parsed> {
        let who = self.who()?;
        let place = self.place(&who.identity.user);
        let (id, token) = (self.text(&["id"])?, self.text(&["token"])?);
        let app = self.text(&["application_id"]).unwrap_or_default();
        let under = via == Via::Press || self.interaction.get("message").is_some_and(Value::is_object);
        Some(Parsed::Act(Box::new(Act { who, place, via, deed, under, id, app, token, promise: None })))
    }

    /// Who did it: a guild's member, or a user whose workspace is not known.
    fn who(&self) -> Option<Account> {
        let told = self.interaction.get("member").filter(|member| member.is_object());
        match (self.text(&["guild_id"]), told) {
            (Some(guild), Some(told)) => member(&guild, told),
            // Somebody of a guild whose member they are not shown as.
            (Some(guild), None) => somebody(&guild, self.interaction.get("user")?, None),
            (None, told) => {
                let user = told.map_or(self.interaction.get("user"), |member| member.get("user"))?;
                somebody("", user, None)
            }
        }
    }

    /// Where it was done; a thread is a channel of its own.
    fn place(&self, user: &str) -> Place {
        let channel = self.text(&["channel", "id"]).or_else(|| self.text(&["channel_id"]));
        let direct = self.text(&["guild_id"]).is_none()
            || self.text(&["channel", "type"]).is_some_and(|kind| kind == DIRECT);
        let direct = direct || channel.is_none();
        Place { conversation: channel.unwrap_or_else(|| user.to_owned()), direct, thread: None }
    }
}

/// The label of a message's button.
fn label(message: Option<&Value>, id: &str) -> Option<String> {
    let rows = message?.get("components")?.as_array()?;
    let buttons = rows.iter().filter_map(|row| row.get("components")?.as_array()).flatten();
    let mut own = buttons.filter(|button| text(button, &["custom_id"]).as_deref() == Some(id));
    text(own.next()?, &["label"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chat::message::ButtonValue;

    fn press(change: impl FnOnce(&mut Value)) -> Parsed {
        let mut interaction = json!({
            "id": "11", "application_id": "1", "type": 3, "token": "secret-token", "version": 1,
            "guild_id": "21", "channel_id": "31", "channel": { "id": "31", "type": 0 },
            "member": { "nick": null, "roles": ["61", 7], "user": { "id": "41", "username": "ada", "global_name": "Ada" } },
            "data": { "component_type": 2, "custom_id": "env.extend:env_1:1d" },
        });
        change(&mut interaction);
        parse(&interaction, &Menu::default())
    }

    fn act(parsed: Parsed) -> Act {
        match parsed {
            Parsed::Act(act) => *act,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_press_says_who_where_and_what() {
        let act = act(press(|_| {}));
        assert_eq!(act.who.identity, Identity::new("discord", "21", "41"));
        assert_eq!((act.who.standing, act.who.name.as_str()), (Standing::Member, "Ada"));
        assert_eq!(act.who.groups, Some(vec!["61".to_owned()]));
        assert_eq!(act.place, Place { conversation: "31".into(), direct: false, thread: None });
        assert_eq!((act.id.as_str(), act.via, act.token.as_str()), ("11", Via::Press, "secret-token"));
        assert_eq!(act.deed, Deed::Do(Input::Press { value: ButtonValue("env.extend:env_1:1d".into()) }));
    }

    #[test]
    fn of_a_select_the_chosen_value_is_the_first_argument() {
        let chosen = press(|it| it["data"] = json!({ "custom_id": "choose:env.show", "values": ["demo"] }));
        let value = ButtonValue::new("env.show", "demo", "");
        assert_eq!(act(chosen).deed, Deed::Do(Input::Press { value }));
        let none = press(|it| it["data"] = json!({ "custom_id": "choose:env.show", "values": [] }));
        assert!(matches!(none, Parsed::Unknown(_)));
    }

    #[test]
    fn in_a_direct_conversation_nobody_is_a_member_yet() {
        let user = json!({ "id": "41", "username": "ada" });
        let direct = act(press(|it| {
            it["user"] = user;
            it["channel"] = json!({ "id": "51", "type": 1 });
            for name in ["member", "guild_id"] {
                it.as_object_mut().unwrap().remove(name);
            }
        }));
        assert_eq!(direct.who.identity, Identity::new("discord", "", "41"));
        assert_eq!((direct.who.standing, direct.who.groups), (Standing::Outsider, None));
        assert!(direct.place.direct);
        assert_eq!(direct.who.name, "ada");
    }

    #[test]
    fn a_program_a_guest_and_whoever_did_not_agree_to_the_rules_are_outsiders() {
        let standing = |parsed| act(parsed).who.standing;
        assert_eq!(standing(press(|it| it["member"]["user"]["bot"] = true.into())), Standing::Outsider);
        assert_eq!(standing(press(|it| it["member"]["user"]["bot"] = "yes".into())), Standing::Member);
        assert_eq!(standing(press(|it| it["member"]["pending"] = true.into())), Standing::Outsider);
        assert_eq!(standing(press(|it| it["member"]["flags"] = 17.into())), Standing::Outsider);
        let shown = press(|it| {
            it["user"] = json!({ "id": "41" });
            it["member"] = json!(null);
        });
        assert_eq!(standing(shown), Standing::Outsider, "no member of the guild");
    }

    #[test]
    fn what_is_not_understood_is_unknown_and_never_a_fault() {
        for change in [json!({}), json!(null), json!([1]), json!("x"), json!({ "type": 3 })] {
            assert!(matches!(parse(&change, &Menu::default()), Parsed::Unknown(_)), "{change}");
        }
        for name in ["id", "token", "member", "data"] {
            let without = press(|it| drop(it.as_object_mut().unwrap().remove(name)));
            assert!(matches!(without, Parsed::Unknown(_)), "{name}");
        }
        assert!(!format!("{:?}", press(|_| {})).contains("secret-token"));
    }
}
