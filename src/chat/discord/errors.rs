//! What each error of Discord means for the message that met it, in one table.
//!
//! Checked on 2026-11-26 against "Opcodes and Status Codes" and "Rate Limits" of
//! discord/discord-api-docs. What is not in the table is taken as "not there": the fallback may
//! work, and if it does not the message is given up with that code in the log. A refusal that is
//! not in Discord's own form is somebody's between us, and passes.

use std::time::Duration;

use serde_json::Value;

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Certainly not done, and soon possible again: try again.
    Later,
    /// Done or not: try again, as a repeat.
    Unclear,
    /// Too many requests: everything of the route waits.
    Busy,
    /// The bot's token is dead: everything waits for a good one.
    Token,
    /// Nothing can be written there: the fallback, or give up.
    NotThere,
    /// The bot lacks a permission there; which one, Discord does not say: perhaps only that for files
    /// or for embeds.
    Permission,
    /// The message to be changed is gone, or fixed: post it anew, once.
    Gone,
    /// Not with these files.
    Files,
    /// Our own fault: a plain short text instead.
    Content,
}

/// Why a call came to nothing. Of what Discord writes only numbers pass, and which members of a body it
/// faults: its sentences, and the errors of the library, may contain addresses with tokens in
/// them, and what was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// Refused with this HTTP status and Discord's own code; `faults` names members: `embeds.0.title`.
    Code {
        status: u16,
        code: u64,
        faults: Vec<String>,
    },
    /// An HTTP status without a word of Discord's.
    Status(u16),
    /// 429.
    TooMany(TooMany),
    /// An interaction's token is no longer good, which says nothing of the bot's.
    Expired,
    Unreachable,
    Unreadable,
    NoAnswer,
}

/// What a 429 says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TooMany {
    /// How long to wait, where that is said.
    pub after: Option<Duration>,
    /// For everything, and not for the one route.
    pub global: bool,
    /// Of what others use too: it is not counted against us.
    pub shared: bool,
}

/// So many faulted members are named.
const FAULTS: usize = 5;

#[rustfmt::skip]
const DECISIONS: &[(Decision, &[u64])] = &[
    // Direct messages opened too fast; writes of a channel and of a guild; edits of old messages.
    (Decision::Busy, &[40003, 20016, 20028, 20029, 30046, 40062]),
    // Overloaded; switched off for a while.
    (Decision::Later, &[130000, 40004, 40006]),
    (Decision::Token, &[40001, 50014]),
    (Decision::NotThere, &[
        // Unknown: channel, guild, member, user, webhook, interaction.
        10003, 10004, 10007, 10013, 10015, 10062,
        // No access; not to this user; no guild in common; invalid recipient; banned from the guild.
        50001, 50007, 50278, 50033, 40007,
        // Channels of another kind, closed threads, a guild that asks for more.
        50008, 50009, 50024, 40058, 50083, 160005,
        // An interaction's token, and how often it is good.
        50027, 40094,
        // Refused by the guild's own rules.
        200000, 240000,
    ]),
    (Decision::Permission, &[50013]),
    // Unknown message; somebody else's; a system message.
    (Decision::Gone, &[10008, 50005, 50021]),
    // Too large, too many, unreadable, or none allowed here.
    (Decision::Files, &[40005, 50045, 50046, 50110, 50123, 50146, 30015, 400001]),
    // Invalid form, empty message, invalid JSON.
    (Decision::Content, &[50035, 50006, 50109]),
];

impl Failure {
    /// Of an answer with an HTTP status of refusal other than 429, and its body.
    pub fn of(status: u16, body: &[u8]) -> Failure {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(code) = body["code"].as_u64() else { return Failure::Status(status) };
        let mut faults = Vec::new();
        faulty(&body["errors"], "", &mut faults);
        Failure::Code { status, code, faults }
    }

    /// What becomes of the message that met it.
    pub fn decision(&self) -> Decision {
        match self {
            Failure::Code { status: 401, .. } | Failure::Status(401) => Decision::Token,
            Failure::Code { status, code, .. } => {
                let found = DECISIONS.iter().find(|(_, codes)| codes.contains(code));
                let general = match status {
                    400 => Decision::Content,
                    500.. => Decision::Unclear,
                    _ => Decision::NotThere,
                };
                found.map_or(general, |(decision, _)| *decision)
            }
            Failure::TooMany(_) => Decision::Busy,
            Failure::Expired => Decision::NotThere,
            Failure::Status(413) => Decision::Files,
            // Refused at the door; behind it a gateway may have passed the call on.
            Failure::Status(..500 | 503) | Failure::Unreachable => Decision::Later,
            Failure::Status(_) | Failure::Unreadable | Failure::NoAnswer => Decision::Unclear,
        }
    }

    /// Whether there is nothing of that name, whoever says so.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Failure::Code { status: 404, .. } | Failure::Status(404))
    }

    /// For the log and the row.
    pub fn reason(&self) -> String {
        match self {
            Failure::Code { status, code, faults } => {
                let what = match meaning(*code) {
                    "" => format!("Discord answered {status} with its code {code}"),
                    meaning => format!("{meaning} (Discord's code {code})"),
                };
                if faults.is_empty() { what } else { format!("{what}: {}", faults.join(", ")) }
            }
            Failure::Status(status) => format!("Discord answered {status}"),
            Failure::TooMany(_) => "Discord takes no more for now".into(),
            Failure::Expired => "the time to answer is over".into(),
            Failure::Unreachable => "Discord cannot be reached".into(),
            Failure::Unreadable => "Discord's answer cannot be read".into(),
            Failure::NoAnswer => "Discord did not answer".into(),
        }
    }
}

/// Collects the members that are faulted in a tree of errors, the first few.
fn faulty(errors: &Value, path: &str, found: &mut Vec<String>) {
    for (name, inner) in errors.as_object().into_iter().flatten() {
        if found.len() >= FAULTS {
            return;
        }
        if name == "_errors" {
            found.push(if path.is_empty() { "all of it".into() } else { path.to_owned() });
        } else if name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            faulty(inner, &path, found);
        }
    }
}

/// What an operator should read for the codes that they can do something about.
fn meaning(code: u64) -> &'static str {
    match code {
        10003 => "the channel is not known",
        10008 => "the message is not known",
        50001 => "the bot has no access",
        50013 => "the bot lacks a permission",
        50007 => "they take no messages from the bot",
        50278 => "they share no server with the bot",
        50035 => "Discord does not take the message as it is",
        200000 => "the server's own rules block it",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn refused(status: u16, code: u64) -> Failure {
        Failure::of(status, format!(r#"{{"message":"x","code":{code}}}"#).as_bytes())
    }

    #[test]
    fn every_error_decides_what_becomes_of_the_message() {
        for (failure, decision) in [
            (Failure::TooMany(TooMany::default()), Decision::Busy),
            (refused(403, 40003), Decision::Busy),
            (refused(401, 0), Decision::Token),
            (Failure::Status(401), Decision::Token),
            (refused(401, 50014), Decision::Token),
            (Failure::Expired, Decision::NotThere),
            (refused(403, 50001), Decision::NotThere),
            (refused(403, 50007), Decision::NotThere),
            (refused(403, 50013), Decision::Permission),
            (refused(404, 10003), Decision::NotThere),
            (refused(404, 10008), Decision::Gone),
            (refused(404, 10015), Decision::NotThere),
            (refused(400, 50035), Decision::Content),
            (refused(400, 0), Decision::Content),
            (refused(400, 50006), Decision::Content),
            (refused(400, 50083), Decision::NotThere),
            (refused(403, 999_999), Decision::NotThere),
            (refused(413, 40005), Decision::Files),
            (Failure::Status(413), Decision::Files),
            (refused(503, 130_000), Decision::Later),
            (refused(500, 0), Decision::Unclear),
            (Failure::Status(503), Decision::Later),
            (Failure::Status(502), Decision::Unclear),
            (Failure::Status(404), Decision::Later),
            (Failure::Status(302), Decision::Later),
            (Failure::Unreachable, Decision::Later),
            (Failure::Unreadable, Decision::Unclear),
            (Failure::NoAnswer, Decision::Unclear),
        ] {
            assert_eq!(failure.decision(), decision, "{failure:?}");
        }
    }

    #[test]
    fn no_code_is_decided_twice() {
        let all: Vec<u64> = DECISIONS.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn an_error_never_repeats_what_discord_wrote() {
        let body =
            br#"{"message":"Invalid Form Body: SECRET","code":50035,"errors":{"content":"SECRET","embeds":
            {"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"SECRET"}]}}},
            "SE CRET":{"_errors":[]}}}"#;
        let told = "Discord does not take the message as it is (Discord's code 50035): embeds.0.title";
        assert_eq!(Failure::of(400, body).reason(), told);
        assert_eq!(Failure::of(404, b"SECRET").reason(), "Discord answered 404");
        assert_eq!(Failure::of(403, br#"{"code":"SECRET"}"#).reason(), "Discord answered 403");
    }
}
