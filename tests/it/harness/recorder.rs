//! A chat platform that remembers what it was sent and answers as the test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use goldenpath::chat::message::{Block, Message};
use goldenpath::chat::{MessageRef, Platform, Post, SendError, Target};
use serde_json::json;
use tokio::sync::Semaphore;

/// The platform `recorder`.
pub struct Recorder {
    sent: Mutex<Vec<String>>,
    refusals: Mutex<VecDeque<SendError>>,
    open: Semaphore,
}

impl Recorder {
    /// Answers at once.
    pub fn new() -> Arc<Recorder> {
        let open = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Recorder { sent: Mutex::default(), refusals: Mutex::default(), open })
    }

    /// Takes what it is sent, and does not answer before [`Recorder::answers`].
    pub fn that_does_not_answer() -> Arc<Recorder> {
        Arc::new(Recorder { sent: Mutex::default(), refusals: Mutex::default(), open: Semaphore::new(0) })
    }

    /// Answers what waits and what comes.
    pub fn answers(&self) {
        self.open.add_permits(1_000);
    }

    /// Refuses the next one so; those after it by the next calls.
    pub fn refuses(&self, refusal: SendError) {
        self.refusals.lock().unwrap().push_back(refusal);
    }

    /// All that it was sent: `post WHERE WORDS` and `update REFERENCE WORDS`.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    /// Takes it down; its number from 1.
    async fn take(&self, what: String, message: &Message) -> Result<usize, SendError> {
        let number = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(format!("{what} {}", words(message)));
            sent.len()
        };
        self.open.acquire().await.unwrap().forget();
        self.refusals.lock().unwrap().pop_front().map_or(Ok(number), Err)
    }
}

fn words(message: &Message) -> String {
    let text = |block: &Block| match block {
        Block::Section { text } | Block::Context { text } => text.plain(),
        other => format!("{other:?}"),
    };
    message.blocks.iter().map(text).collect::<Vec<_>>().join(" / ")
}

#[async_trait]
impl Platform for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    async fn post(&self, post: Post<'_>) -> Result<MessageRef, SendError> {
        let place = match post.target {
            Target::Channel { id } => id,
            Target::Direct { user } => user,
            Target::Respond { url } => url,
            Target::Thread { id, .. } | Target::Whisper { id, .. } => id,
            Target::Home { user } => user,
        };
        let number = self.take(format!("post {place}"), &post.marked()).await?;
        Ok(MessageRef(json!(format!("#{number}"))))
    }

    async fn update(
        &self,
        _workspace: &str,
        reference: &MessageRef,
        message: &Message,
    ) -> Result<(), SendError> {
        let reference = reference.0.as_str().unwrap_or_default();
        self.take(format!("update {reference}"), message).await.map(drop)
    }
}
