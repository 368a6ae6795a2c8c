//! Where the answer to an interaction goes, as text that the outbox keeps: `interaction/ID/APP/TOKEN/…`.
//! Pure.
//!
//! Its token stands for the person, so it is a secret. It is good for 15 minutes ("Receiving and
//! Responding"), which are counted from the interaction's id: so nobody asks with one that is dead.
//! An address names no host: what is signed by whoever has the key reaches nothing but Discord.

use std::time::Duration;

use crate::clock::Timestamp;

/// Discord's first instant, from which its ids count ("Reference", snowflakes).
const EPOCH: i64 = 1_420_070_400_000;

/// Where an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// It becomes the answer that was promised (a deferred one), or replaces the one that was given.
    Original,
    /// It is another message, seen by whoever acted alone.
    FollowUp,
}

/// An address for answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The interaction's own id, which holds its time.
    pub id: String,
    pub app: String,
    pub token: String,
    pub slot: Slot,
}

impl Address {
    /// The address in this text, if it is one.
    pub fn read(text: &str) -> Option<Address> {
        let mut parts = text.split('/');
        let mut next = || parts.next().filter(|part| is_plain(part));
        (next()? == "interaction").then_some(())?;
        let (id, app, token) = (next()?, next()?, next()?);
        let slot = match (next(), parts.next()) {
            (Some("original"), None) => Slot::Original,
            (Some("follow-up"), None) => Slot::FollowUp,
            _ => return None,
        };
        let numbers = [id, app].iter().all(|id| is_id(id));
        numbers.then(|| Address { id: id.into(), app: app.into(), token: token.into(), slot })
    }

    /// As text, for [`crate::chat::Target::Respond`].
    pub fn text(&self) -> String {
        let slot = match self.slot {
            Slot::Original => "original",
            Slot::FollowUp => "follow-up",
        };
        format!("interaction/{}/{}/{}/{slot}", self.id, self.app, self.token)
    }

    /// How long ago somebody acted.
    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(made_at(&self.id))
    }
}

/// Whether it is one of Discord's ids: nothing else becomes a part of a path.
pub fn is_id(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// When what has this id was made.
pub fn made_at(id: &str) -> Timestamp {
    let number = id.parse::<u64>().unwrap_or(0) >> 22;
    Timestamp(i64::try_from(number).unwrap_or(0) + EPOCH)
}

/// Whether it can be a part of a path: no slash, and not dots alone.
pub fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.=~:".contains(&byte);
    !part.is_empty() && part.len() <= 1024 && part.bytes().all(plain) && part.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::discord::limits::TOKEN_LIVES;

    #[test]
    fn an_address_is_text_and_back() {
        let slots = [(Slot::Original, "original"), (Slot::FollowUp, "follow-up")];
        for (slot, word) in slots {
            let text = format!("interaction/1/2/aW50_-.=/{word}");
            let address = Address { id: "1".into(), app: "2".into(), token: "aW50_-.=".into(), slot };
            assert!(Address::read(&text) == Some(address.clone()) && address.text() == text);
        }
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            "",
            "interaction/1/2/t",
            "interaction/1/2/t/else",
            "interaction/1/2/t/original/more",
            "interaction/1/2//original",
            "interaction/1/2/../original",
            "interaction/1/x/t/original",
            "interaction/1/2/a?b/original",
            "interaction/1/2/a%2Fb/original",
            "https://discord.com/api/webhooks/1/t",
            "webhook/1/2/t/original",
        ] {
            assert!(Address::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_id_says_when() {
        // The example of "Reference": 2016-04-30 11:18:25.796 UTC.
        assert_eq!(made_at("175928847299117063"), Timestamp(1_462_015_105_796));
        let address = Address::read("interaction/175928847299117063/2/t/original").unwrap();
        assert_eq!(address.age(Timestamp(1_462_015_105_796 + 900_000)), TOKEN_LIVES);
        assert_eq!(address.age(Timestamp(0)), Duration::ZERO, "by a clock that is late");
    }
}
