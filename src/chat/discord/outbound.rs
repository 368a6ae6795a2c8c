//! What goes out to Discord: messages in channels and threads, direct ones, answers to interactions.
//!
//! A message is created with a nonce that stands for it, so that a repeat within the few minutes for
//! which Discord remembers one gives the message that is there, and no second one. That may
//! read as it did then, so it is edited to what it should read now; a repeat that came too
//! late for that says that it may be one.
//!
//! Where Discord has no equal: what one person alone should see in a channel is sent to them directly;
//! a page of somebody's own does not exist, `/platform home` is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::address::{self, Address};
use super::client::{Attached, Call, Client, Settings};
use super::errors::{Decision, Failure};
use super::pace::Route;
use super::{PLATFORM, limits, render};
use crate::chat::attachment::Upload;
use crate::chat::message::Message;
use crate::chat::outages::AGAIN as AGAIN_SECONDS;
use crate::chat::payload::text;
use crate::chat::words::cut;
use crate::chat::{AGAIN, Bring, MessageRef, Platform, Post, SendError, Target};
use crate::clock::Clock;
use crate::error::Result;

const POST: &str = "POST channels/messages";
const EDIT: &str = "PATCH channels/messages";
const OPEN: &str = "POST users/@me/channels";
/// An answer may overtake the request's own, which promises it.
const OVERTAKING: Duration = Duration::from_secs(10);
/// So many direct conversations are remembered.
const DIRECTS: usize = 10_000;

/// The outbound half of the platform.
pub struct Outbound {
    client: Client,
    /// User → the direct conversation with them.
    directs: Mutex<HashMap<String, String>>,
}

/// A message as it travels.
#[derive(Clone)]
pub(super) struct Parcel {
    body: Value,
    files: Vec<Attached>,
}

impl Outbound {
    /// Paced by `clock`, which is that of the jobs that send.
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Outbound { client: Client::new(settings, clock)?, directs: Mutex::default() })
    }

    /// For everything that is no message.
    pub fn client(&self) -> &Client {
        &self.client
    }

    async fn create(&self, channel: &str, post: &Post<'_>) -> Result<MessageRef, SendError> {
        let route = Route::new(POST, known(channel)?);
        let call = Call::new(Method::POST, route, format!("channels/{channel}/messages"));
        let marked = post.marked();
        let mut parcel = Parcel::of(&marked);
        if !post.key.is_empty() {
            parcel.body["nonce"] = nonce(channel, post.key).into();
            parcel.body["enforce_nonce"] = true.into();
        }
        let answer = self.say(&call, parcel).await?;
        let id = text(&answer, &["id"]).ok_or_else(|| unclear("Discord named no message".into()))?;
        let reference = MessageRef(json!({ "channel": channel, "message": id }));
        if post.again {
            // It may be the one of before, or of an earlier repeat that says that it is one.
            let repeat = letters(&answer.to_string()).contains(&letters(AGAIN));
            self.bring_up(&reference, if repeat { &marked } else { post.message }).await?;
        }
        Ok(reference)
    }

    /// It may have been there, and read as it did then.
    async fn bring_up(&self, reference: &MessageRef, message: &Message) -> Result<(), SendError> {
        match self.edit(reference, message).await {
            // Somebody removed it meanwhile.
            Err(SendError::Gone(_)) => Ok(()),
            // It is still not known to read right, so the next one asks again.
            Err(SendError::Later { seconds, reason }) => Err(SendError::Unclear { seconds, reason }),
            other => other,
        }
    }

    async fn create_directly(&self, user: &str, post: &Post<'_>) -> Result<MessageRef, SendError> {
        let channel = match self.direct(user) {
            Some(channel) => channel,
            None => self.open(user).await?,
        };
        let answer = self.create(&channel, post).await;
        if matches!(answer, Err(SendError::NotThere(_))) {
            self.directs().remove(user);
        }
        answer
    }

    /// Opens the direct conversation with a user, or finds the one there is.
    async fn open(&self, user: &str) -> Result<String, SendError> {
        let body = json!({ "recipient_id": known(user)? });
        let call = Call::new(Method::POST, Route::new(OPEN, ""), "users/@me/channels".into());
        let opened = self.client.judged(&call.route, self.client.ask(&call, Some(&body), &[]).await);
        let opened = opened.map_err(|error| match error {
            // Whatever became of that, no message is there yet.
            SendError::Unclear { seconds, reason } => SendError::Later { seconds, reason },
            SendError::Never(reason) => SendError::NotThere(reason),
            other => other,
        })?;
        let later =
            || SendError::Later { seconds: AGAIN_SECONDS.0, reason: "Discord named no channel".into() };
        let channel = text(&opened, &["id"]).filter(|id| address::is_id(id)).ok_or_else(later)?;
        let mut directs = self.directs();
        if directs.len() >= DIRECTS {
            directs.clear();
        }
        directs.insert(user.to_owned(), channel.clone());
        Ok(channel)
    }

    /// Brings the answer to an interaction that was promised.
    async fn answer(&self, text: &str, post: &Post<'_>) -> Result<MessageRef, SendError> {
        let address = Address::read(text)
            .ok_or_else(|| SendError::Never("the address for answers is none of Discord's".into()))?;
        self.keep(&address, Some(Parcel::of(post.message))).await.map(|()| MessageRef(Value::Null))
    }

    /// Puts this in the place of what was promised, so that nobody reads it twice; with nothing, it takes the
    /// promise back. No token of ours goes along: the address stands for itself.
    ///
    /// # Errors
    /// `Later` also where Discord knows of no promise yet; `NotThere` when the address is dead.
    pub(super) async fn keep(&self, address: &Address, parcel: Option<Parcel>) -> Result<(), SendError> {
        let age = address.age(self.client.now());
        if age >= limits::TOKEN_LIVES {
            return Err(SendError::NotThere(Failure::Expired.reason()));
        }
        let done = match parcel {
            Some(parcel) => self.say(&Call::answer(Method::PATCH, address), parcel).await,
            None => {
                let call = Call::answer(Method::DELETE, address);
                self.client.judged(&call.route, self.client.ask(&call, None, &[]).await)
            }
        };
        match done {
            Err(SendError::NotThere(reason) | SendError::Gone(reason)) if age < OVERTAKING => {
                Err(SendError::Later { seconds: 1, reason })
            }
            Err(SendError::Gone(reason)) => Err(SendError::NotThere(reason)),
            done => done.map(drop),
        }
    }

    async fn edit(&self, reference: &MessageRef, message: &Message) -> Result<(), SendError> {
        let part = |name: &str| reference.0[name].as_str().filter(|id| address::is_id(id));
        let (Some(channel), Some(id)) = (part("channel"), part("message")) else {
            return Err(SendError::Never("that message cannot be changed".into()));
        };
        let path = format!("channels/{channel}/messages/{id}");
        let call = Call::new(Method::PATCH, Route::new(EDIT, channel), path);
        self.say(&call, Parcel::of(message)).await.map(drop)
    }

    /// Puts a message somewhere. Where Discord does not take what we made of it, it gets the bare text:
    /// the fault is ours, and whoever waits for the message should not lose it for that. A permission
    /// that the bot lacks may be the one for files or for embeds alone, so they are left out, too.
    async fn say(&self, call: &Call, mut parcel: Parcel) -> Result<Value, SendError> {
        let answer = self.client.ask(call, Some(&parcel.body), &parcel.files).await;
        let Err(failure) = &answer else { return self.client.judged(&call.route, answer) };
        let (decision, with_files) = (failure.decision(), !parcel.files.is_empty());
        match decision {
            Decision::Files | Decision::Permission if with_files => Err(SendError::Files(failure.reason())),
            Decision::Files | Decision::Content => {
                let (reason, route) = (failure.reason(), call.route.name);
                tracing::error!(
                    reason,
                    route,
                    "Discord did not take a message of ours as it was; it gets the bare text"
                );
                self.say_bare(call, &mut parcel).await
            }
            Decision::Permission if is_rich(&parcel.body) => self.say_bare(call, &mut parcel).await,
            _ => self.client.judged(&call.route, answer),
        }
    }

    async fn say_bare(&self, call: &Call, parcel: &mut Parcel) -> Result<Value, SendError> {
        parcel.bare();
        self.client.judged(&call.route, self.client.ask(call, Some(&parcel.body), &[]).await)
    }

    fn direct(&self, user: &str) -> Option<String> {
        self.directs().get(user).cloned()
    }

    fn directs(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.directs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Platform for Outbound {
    fn name(&self) -> &'static str {
        PLATFORM
    }

    fn wait(&self, key: &str, target: &Target, reference: Option<&MessageRef>) -> Duration {
        let pace = self.client.pace();
        if let Some(channel) = reference.and_then(|reference| reference.0["channel"].as_str()) {
            return pace.wait(key, &Route::new(EDIT, channel), true);
        }
        let route = match target {
            Target::Channel { id } | Target::Thread { thread: id, .. } => Route::new(POST, id),
            Target::Direct { user } | Target::Whisper { user, .. } => {
                self.direct(user).map_or(Route::new(OPEN, ""), |channel| Route::new(POST, &channel))
            }
            Target::Respond { url } => match Address::read(url) {
                Some(address) if address.age(self.client.now()) < limits::TOKEN_LIVES => {
                    Call::answer(Method::PATCH, &address).route
                }
                _ => return Duration::ZERO,
            },
            Target::Home { .. } => return Duration::ZERO,
        };
        pace.wait(key, &route, false)
    }

    fn files(&self) -> Bring {
        Bring::Along
    }

    async fn post(&self, post: Post<'_>) -> Result<MessageRef, SendError> {
        match post.target {
            // A thread is a channel of its own.
            Target::Channel { id } | Target::Thread { thread: id, .. } => self.create(id, &post).await,
            Target::Direct { user } | Target::Whisper { user, .. } => self.create_directly(user, &post).await,
            Target::Respond { url } => self.answer(url, &post).await,
            Target::Home { .. } => Err(SendError::Never("Discord has no page of somebody's own".into())),
        }
    }

    async fn update(&self, _: &str, reference: &MessageRef, message: &Message) -> Result<(), SendError> {
        self.edit(reference, message).await
    }
}

impl Parcel {
    /// A message's `data` alone.
    pub(super) fn words(body: Value) -> Parcel {
        Parcel { body, files: Vec::new() }
    }

    /// With those of its pictures and files whose bytes are at hand.
    fn of(message: &Message) -> Parcel {
        let attached = |upload: Upload| {
            let bytes = upload.blob.bytes().unwrap_or_default();
            Attached { name: upload.name, media: upload.media, bytes }
        };
        // Of an earlier version's files Discord drops those that the new list does not name: all of them.
        Parcel {
            body: render::message(message),
            files: render::files(message).into_iter().map(attached).collect(),
        }
    }

    /// Leaves the words alone, as they were made safe before.
    fn bare(&mut self) {
        let embeds = self.body["embeds"].as_array().into_iter().flatten();
        let texts = embeds.flat_map(|embed| [&embed["title"], &embed["description"]]);
        let texts = [&self.body["content"]].into_iter().chain(texts).filter_map(Value::as_str);
        let words = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        let words = cut(&words, limits::BARE_TEXT);
        self.body["content"] = format!("{words}\n(Shown without its layout and buttons.)").into();
        for member in ["embeds", "components", "attachments"] {
            self.body[member] = json!([]);
        }
        self.files.clear();
    }
}

/// What can be left out of it.
fn is_rich(body: &Value) -> bool {
    let some = |name: &str| body[name].as_array().is_some_and(|all| !all.is_empty());
    some("embeds") || some("components")
}

/// Stands for the message `key` in this channel.
fn nonce(channel: &str, key: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{channel} {key}"))[..12])
}

/// One of Discord's ids, as it becomes part of an address.
fn known(id: &str) -> Result<&str, SendError> {
    let foreign = || SendError::NotThere("that is no id of Discord's".into());
    Some(id).filter(|id| address::is_id(id)).ok_or_else(foreign)
}

/// Without what markup may add.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).collect()
}

fn unclear(reason: String) -> SendError {
    SendError::Unclear { seconds: AGAIN_SECONDS.0, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_short_and_of_one_message_in_one_channel() {
        assert!(nonce("1", "env:a").len() <= limits::NONCE);
        assert_eq!(nonce("1", "env:a"), nonce("1", "env:a"));
        assert_ne!(nonce("1", "env:a"), nonce("2", "env:a"));
        assert_ne!(nonce("1", "env:a"), nonce("1", "anew:env:a"));
    }
}
