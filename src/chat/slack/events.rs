//! Slack's events as neutral invocations: mentions, direct messages, the App Home, and the
//! end of an installation. Pure, and as lenient as [`super::inbound`].
//!
//! A mention is a command only where it stands first: who talks *about* the bot in the middle
//! of a sentence asks for nothing. What a program posted, what was edited and every subtype of
//! a message are nobody's command, so that no two bots ever talk to each other.

use serde_json::Value;

use crate::chat::inbound::{AnswerBy, Input, Invocation, Place};
use crate::chat::message::ButtonValue;
use crate::chat::payload::text;
use crate::chat::slack::directory::account;
use crate::chat::slack::inbound::{Act, HOME, Parsed, Reader, Seen, Via, place, unknown};
use crate::chat::slack::text::unescape;

/// Reads a JSON body whose signature held.
pub(super) fn event(reader: &Reader<'_>, body: &Value) -> Parsed {
    let kind = text(body, &["type"]).unwrap_or_default();
    match (kind.as_str(), text(body, &["challenge"])) {
        ("url_verification", Some(challenge)) => Parsed::Challenge(challenge),
        ("event_callback", _) => match body.get("event").filter(|event| event.is_object()) {
            Some(event) => Told { reader, body, event }.parsed(),
            None => unknown(&kind),
        },
        ("app_rate_limited", _) => Parsed::Trouble(
            "Slack holds events back: more than 30,000 came within an hour. What was said meanwhile is lost to the bot",
        ),
        _ => unknown(&kind),
    }
}

/// One event and the envelope that it came in.
struct Told<'a> {
    reader: &'a Reader<'a>,
    body: &'a Value,
    event: &'a Value,
}

impl Told<'_> {
    fn parsed(&self) -> Parsed {
        let kind = text(self.event, &["type"]).unwrap_or_default();
        match kind.as_str() {
            "app_mention" | "message" => self.said(),
            "app_home_opened" => self.opened(),
            "user_change" | "team_join" => self.changed(),
            "app_uninstalled" => Parsed::Trouble(
                "Slack is disconnected: the app was uninstalled from the workspace. Install it again and start the \
                 bot with the new token",
            ),
            "tokens_revoked" if self.bots_token() => Parsed::Trouble(
                "Slack is disconnected: the bot's token was revoked. Install the app again and start the bot with \
                 the new token",
            ),
            "tokens_revoked" => Parsed::Quiet,
            "team_access_revoked" if self.ours_lost() => Parsed::Trouble(
                "Slack is disconnected: the organisation took the app away from the workspace. Have it approved again",
            ),
            _ => unknown(&kind),
        }
    }

    /// Something that a person wrote to the bot, as the line it stands for.
    fn said(&self) -> Parsed {
        let Some(user) = text(self.event, &["user"]).filter(|user| self.is_a_person(user)) else {
            return Parsed::Quiet;
        };
        let channel = text(self.event, &["channel"]);
        let place = Place {
            thread: text(self.event, &["thread_ts"]),
            ..place(channel, text(self.event, &["channel_type"]).is_some_and(|kind| kind == "im"), &user)
        };
        let mention = text(self.event, &["type"]).is_some_and(|kind| kind == "app_mention");
        let words = text(self.event, &["text"]).unwrap_or_default();
        // In a direct conversation Slack sends the message alone, in a channel the mention;
        // whoever subscribes to more gets the other one too.
        match self.addressed(&words, place.direct).filter(|_| mention != place.direct) {
            Some(line) => self.act(user, place, AnswerBy::Message, Input::Line { text: line }),
            None => Parsed::Quiet,
        }
    }

    /// Somebody looks at the bot's page.
    fn opened(&self) -> Parsed {
        let home = text(self.event, &["tab"]).is_none_or(|tab| tab == "home");
        match text(self.event, &["user"]).filter(|_| home) {
            Some(user) => {
                let value = ButtonValue::new(HOME, "", "");
                let place = place(None, true, &user);
                self.act(user, place, AnswerBy::Home, Input::Press { value })
            }
            None => Parsed::Quiet,
        }
    }

    /// Somebody joined, left, or is not who they were.
    fn changed(&self) -> Parsed {
        let user = self.event.get("user");
        let told = self.reader.connected.and_then(|connected| account(user?, connected));
        told.map_or(Parsed::Quiet, |account| Parsed::Told(Box::new(account)))
    }

    fn act(&self, user: String, place: Place, answer_by: AnswerBy, input: Input) -> Parsed {
        let (identity, standing) = self.reader.someone(&user, &self.seen());
        let stamp = || Some(format!("{}:{}", place.conversation, text(self.event, &["event_ts"])?));
        let delivery = text(self.body, &["event_id"]).or_else(stamp);
        let invocation = Invocation {
            identity,
            standing,
            display_name: user,
            delivery: delivery.unwrap_or_else(|| self.reader.digest.clone()),
            place,
            answer_by,
            input,
        };
        Parsed::Act(Box::new(Act { invocation, via: Via::Event, trigger: None }))
    }

    /// Where the person is at home, and where the bot is installed.
    fn seen(&self) -> Seen {
        let installed = self.installations().next();
        let installed = |name: &str| installed.and_then(|installed| text(installed, &[name]));
        Seen {
            own: ["user_team", "team", "source_team"].iter().find_map(|name| text(self.event, &[name])),
            met: installed("team_id").or_else(|| text(self.body, &["team_id"])),
            enterprise: installed("enterprise_id").or_else(|| text(self.body, &["enterprise_id"])),
            shared: self.body.get("is_ext_shared_channel") == Some(&Value::Bool(true)),
        }
    }

    fn installations(&self) -> impl Iterator<Item = &Value> {
        self.body.get("authorizations").and_then(Value::as_array).into_iter().flatten()
    }

    /// Not a program, not an edit or another second thought, and not the bot itself.
    fn is_a_person(&self, user: &str) -> bool {
        let marks = ["subtype", "bot_id", "bot_profile", "edited", "hidden"];
        let marked = |name: &&str| self.event.get(*name).is_some_and(|mark| !mark.is_null());
        user != "USLACKBOT" && !marks.iter().any(marked) && !self.own_users().contains(&user.into())
    }

    /// The users that the bot is in this workspace; none as long as nobody told.
    fn own_users(&self) -> Vec<String> {
        let bots = self.installations().filter(|one| one.get("is_bot") == Some(&Value::Bool(true)));
        let known = self.reader.connected.and_then(|connected| connected.bot_user.clone());
        bots.filter_map(|bot| text(bot, &["user_id"])).chain(known).collect()
    }

    /// What is said to the bot: the words after its mention, and directly also without one.
    fn addressed(&self, words: &str, direct: bool) -> Option<String> {
        let words = words.trim_start();
        let mentioned = words.strip_prefix("<@").and_then(|rest| rest.split_once('>'));
        let (who, own) =
            (|inside: &str| inside.split('|').next().unwrap_or_default().to_owned(), self.own_users());
        let rest = match mentioned.filter(|(inside, _)| own.is_empty() || own.contains(&who(inside))) {
            Some((_, rest)) => rest.trim_start().trim_start_matches([':', ',']),
            None => direct.then_some(words)?,
        };
        // Who writes a command often marks it as code.
        let rest = rest.trim();
        let code = rest.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        Some(unescape(code.filter(|code| !code.contains('`')).unwrap_or(rest).trim()))
    }

    /// Whether a bot's token is among the revoked ones: those of people are not ours.
    fn bots_token(&self) -> bool {
        let bots = self.event.get("tokens").and_then(|tokens| tokens.get("bot"));
        bots.and_then(Value::as_array).is_some_and(|bots| !bots.is_empty())
    }

    fn ours_lost(&self) -> bool {
        let ours = self.reader.connected.map(|connected| connected.team.as_str());
        let lost = self.event.get("team_ids").and_then(Value::as_array).into_iter().flatten();
        lost.filter_map(Value::as_str).any(|team| Some(team) == ours)
    }
}
