//! Where the answer to an interaction goes that was promised, as text that the outbox keeps:
//! `interaction/AT/APP/TOKEN`. Pure.
//!
//! Its token stands for the person, so it is a secret. It is good for 15 minutes ("Receiving and
//! Responding"), which are counted from when we got it: so nobody asks with one that is dead.
//! An address names no host: what is signed by whoever has the key reaches nothing but Discord.

use std::time::Duration;

use crate::clock::Timestamp;

/// An address for the answer that was promised, or in place of the one that was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// When the interaction came.
    at: Timestamp,
    app: String,
    pub token: String,
}

impl Address {
    /// Of the interaction of this application and token, which came at this time; `None` where they can be
    /// none of Discord's.
    pub fn new(at: Timestamp, app: &str, token: &str) -> Option<Address> {
        let fits = is_plain(app) && is_plain(token);
        fits.then(|| Address { at, app: app.to_owned(), token: token.to_owned() })
    }

    /// The address in this text, if it is one.
    pub fn read(text: &str) -> Option<Address> {
        let parts: Vec<&str> = text.split('/').collect();
        let ["interaction", at, app, token] = parts[..] else { return None };
        Address::new(Timestamp(at.parse().ok()?), app, token)
    }

    /// As text, for [`crate::chat::Target::Respond`].
    pub fn text(&self) -> String {
        format!("interaction/{}/{}/{}", self.at.0, self.app, self.token)
    }

    /// The path of the answer, below the API's.
    pub fn path(&self) -> String {
        format!("webhooks/{}/{}/messages/@original", self.app, self.token)
    }

    /// How long ago somebody acted.
    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(self.at)
    }
}

/// Whether it is one of Discord's ids: nothing else becomes a part of a path.
pub fn is_id(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it can be a part of a path: no slash, and not dots alone.
pub fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.=~:".contains(&byte);
    !part.is_empty() && part.len() <= 1024 && part.bytes().all(plain) && part.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_text_and_back() {
        let address = Address::new(Timestamp(7), "2", "aW50_-.=").unwrap();
        assert_eq!(address.text(), "interaction/7/2/aW50_-.=");
        assert!(Address::read(&address.text()) == Some(address.clone()));
        assert_eq!(address.path(), "webhooks/2/aW50_-.=/messages/@original");
        assert_eq!(address.age(Timestamp(1_007)), Duration::from_secs(1));
        assert_eq!(address.age(Timestamp(0)), Duration::ZERO, "by a clock that is late");
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            "",
            "interaction/1/2",
            "interaction/1/2/t/more",
            "interaction/1/2/",
            "interaction/1/2/..",
            "interaction/1/x y/t",
            "interaction/x/2/t",
            "interaction/1/2/a?b",
            "interaction/1/2/a%2Fb",
            "https://discord.com/api/webhooks/1/t",
            "webhook/1/2/t",
        ] {
            assert!(Address::read(text).is_none(), "{text}");
        }
    }
}
