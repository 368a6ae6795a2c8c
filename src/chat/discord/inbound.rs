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
use crate::chat::inbound::{AnswerBy, Identity, Input, Invocation, Place, Standing, TypeAhead};
use crate::chat::payload::text;
use crate::commands::spec::Menu;

/// A direct conversation between a person and the bot ("Channel types").
const DIRECT: &str = "1";

/// What an interaction is.
#[derive(Debug, PartialEq)]
pub enum Parsed {
    /// Discord asks whether somebody is there.
    Ping,
    /// Somebody did something.
    Act(Box<Act>),
    /// Somebody types and wants to see what fits; into what, where we know it.
    Ask(Option<Box<TypeAhead>>),
    /// Nothing we know; the kind is for the log.
    Unknown(String),
}

/// What somebody did, and what its answer needs to know.
#[derive(PartialEq)]
pub struct Act {
    pub identity: Identity,
    pub standing: Standing,
    /// What to call the person.
    pub name: String,
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
}

/// What it means.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// It is for the engine.
    Do(Input),
    /// A step in a form.
    Fill(Move),
    /// They are asked first; the `data` of the question.
    Confirm(Value),
}

impl Act {
    /// The invocation that says so.
    pub fn invocation(&self, input: Input) -> Invocation {
        Invocation {
            identity: self.identity.clone(),
            standing: self.standing,
            display_name: self.name.clone(),
            place: self.place.clone(),
            delivery: self.id.clone(),
            answer_by: AnswerBy::InlineWords,
            input,
        }
    }
}

impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Act { identity, via, deed, id, .. } = self;
        let mut shown = f.debug_struct("Act");
        shown.field("identity", identity).field("via", via).field("deed", deed).field("id", id);
        shown.finish_non_exhaustive()
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

/// Reads an interaction. `guilds` are the connected ones: a direct conversation counts as one in the first,
/// and people met anywhere else are nobody's members. While none is known yet, every guild counts.
pub fn parse(interaction: &Value, menu: &Menu, guilds: &[String]) -> Parsed {
    let reader = Reader { interaction, menu, guilds };
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

struct Reader<'a> {
    interaction: &'a Value,
    menu: &'a Menu,
    guilds: &'a [String],
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

    fn typing(&self) -> Option<TypeAhead> {
        let typed::Focused { command, argument, typed } =
            typed::focused(self.menu, self.interaction.get("data")?)?;
        let (identity, standing, display_name) = self.person()?;
        Some(TypeAhead { identity, standing, display_name, command, argument, typed })
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
            Pressed::Confirm { value, title } => {
                let label = label(self.interaction.get("message"), &id).unwrap_or_else(|| "Go on".into());
                let spec = self.menu.get(value.parts().0);
                let words = spec.and_then(|spec| spec.confirm.as_deref());
                Deed::Confirm(components::confirm(&value, title.as_deref(), &label, words))
            }
        };
        self.did(Via::Press, deed)
    }

    fn submission(&self) -> Option<Parsed> {
        let step = form::sent(&self.text(&["data", "custom_id"])?, self.interaction.get("data")?)?;
        self.did(Via::Submit, Deed::Fill(step))
    }

    fn did(&self, via: Via, deed: Deed) -> Option<Parsed> {
        let (identity, standing, name) = self.person()?;
        let place = self.place(&identity.user);
        let (id, token) = (self.text(&["id"])?, self.text(&["token"])?);
        let app = self.text(&["application_id"]).unwrap_or_default();
        let under = via == Via::Press || self.interaction.get("message").is_some_and(Value::is_object);
        Some(Parsed::Act(Box::new(Act { identity, standing, name, place, via, deed, under, id, app, token })))
    }

    /// Who did it, and what to call them. In a guild they are its member, elsewhere a user.
    fn person(&self) -> Option<(Identity, Standing, String)> {
        let member = self.interaction.get("member").filter(|member| member.is_object());
        let user = member.map_or(self.interaction.get("user"), |member| member.get("user"))?;
        let id = text(user, &["id"])?;
        let guild = self.text(&["guild_id"]);
        let known = self.guilds.is_empty() || guild.as_ref().is_none_or(|guild| self.guilds.contains(guild));
        let machine = ["bot", "system"].iter().any(|mark| user.get(mark) == Some(&Value::Bool(true)));
        let workspace = guild.or_else(|| self.guilds.first().cloned());
        let belongs = known && !machine && workspace.is_some();
        let standing = if belongs { Standing::Member } else { Standing::Outsider };
        let names = [text(user, &["global_name"]), text(user, &["username"])];
        let nick = member.and_then(|member| text(member, &["nick"]));
        let name = nick.into_iter().chain(names.into_iter().flatten()).next().unwrap_or_else(|| id.clone());
        Some((Identity::new(PLATFORM, &workspace.unwrap_or_default(), &id), standing, name))
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
            "member": { "nick": null, "user": { "id": "41", "username": "ada", "global_name": "Ada" } },
            "data": { "component_type": 2, "custom_id": "env.extend:env_1:1d" },
        });
        change(&mut interaction);
        parse(&interaction, &Menu::default(), &["21".to_owned()])
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
        assert_eq!(act.identity, Identity::new("discord", "21", "41"));
        assert_eq!((act.standing, act.name.as_str()), (Standing::Member, "Ada"));
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
    fn in_a_direct_conversation_somebody_is_of_the_first_guild() {
        let user = json!({ "id": "41", "username": "ada" });
        let direct = act(press(|it| {
            it["user"] = user;
            it["channel"] = json!({ "id": "51", "type": 1 });
            for name in ["member", "guild_id"] {
                it.as_object_mut().unwrap().remove(name);
            }
        }));
        assert_eq!(direct.identity, Identity::new("discord", "21", "41"));
        assert!(direct.place.direct);
        assert_eq!(direct.name, "ada");
    }

    #[test]
    fn whoever_is_met_in_another_guild_and_every_bot_is_an_outsider() {
        let standing = |parsed| act(parsed).standing;
        assert_eq!(standing(press(|it| it["guild_id"] = "99".into())), Standing::Outsider);
        assert_eq!(standing(press(|it| it["member"]["user"]["bot"] = true.into())), Standing::Outsider);
        assert_eq!(standing(press(|it| it["member"]["user"]["bot"] = "yes".into())), Standing::Member);
    }

    #[test]
    fn what_is_not_understood_is_unknown_and_never_a_fault() {
        for change in [json!({}), json!(null), json!([1]), json!("x"), json!({ "type": 3 })] {
            assert!(matches!(parse(&change, &Menu::default(), &[]), Parsed::Unknown(_)), "{change}");
        }
        for name in ["id", "token", "member", "data"] {
            let without = press(|it| drop(it.as_object_mut().unwrap().remove(name)));
            assert!(matches!(without, Parsed::Unknown(_)), "{name}");
        }
        assert!(!format!("{:?}", press(|_| {})).contains("secret-token"));
    }
}
