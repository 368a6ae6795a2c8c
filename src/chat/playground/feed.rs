//! The stream of changes that a page listens to.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event;
use futures_util::Stream;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::Playground;
use super::personas::Persona;
use crate::error::Result;

/// How many changes are read at once for a listener.
const BATCH: i64 = 100;

type Sent = Result<Event, Infallible>;

/// What changed after `cursor` for the reader, and from then on, as long as somebody listens.
pub(super) fn feed(
    playground: Arc<Playground>,
    reader: &'static Persona,
    cursor: i64,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Sent> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let _held = permit;
        let mut stopped = playground.stopped.subscribe();
        tokio::select! {
            result = follow(&playground, reader, cursor, &sender) => {
                if let Err(error) = result {
                    // The browser connects again and goes on after what it has.
                    tracing::warn!(%error, "a stream of the playground ended");
                }
            }
            () = sender.closed() => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    });
    ReceiverStream::new(receiver)
}

/// Sends what changed, then waits for the next change; ends when nobody listens.
async fn follow(
    playground: &Playground,
    reader: &'static Persona,
    mut cursor: i64,
    sender: &mpsc::Sender<Sent>,
) -> Result<()> {
    let (mut changes, mut crowd) = (playground.store.changes(), playground.crowd.watch());
    let (mut marks, mut line, mut ahead) = (Value::Null, Value::Null, None);
    loop {
        changes.borrow_and_update();
        let fresh = playground.store.since(reader, cursor, BATCH).await?;
        for message in &fresh {
            cursor = message.changed;
            let event = event("message", serde_json::to_value(message)?).id(cursor.to_string());
            if sender.send(Ok(event)).await.is_err() {
                return Ok(());
            }
        }
        if i64::try_from(fresh.len()).is_ok_and(|n| n == BATCH) {
            continue;
        }
        send_new(sender, "unread", &mut marks, serde_json::to_value(playground.store.unread(reader).await?)?)
            .await;
        if ahead.replace(playground.ahead()) != Some(playground.ahead()) {
            let clock = json!({ "now": playground.store.now(), "ahead": playground.ahead() });
            send_new(sender, "clock", &mut Value::Null, clock).await;
        }
        let progress = crowd.borrow_and_update().clone();
        send_new(sender, "crowd", &mut line, serde_json::to_value(progress)?).await;
        let alive = tokio::select! {
            alive = changes.changed() => alive,
            alive = crowd.changed() => alive,
        };
        if alive.is_err() {
            return Ok(());
        }
    }
}

fn event(name: &str, data: Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

/// Sends what differs from the last one; a closed channel is noticed by the caller.
async fn send_new(sender: &mpsc::Sender<Sent>, name: &str, last: &mut Value, now: Value) {
    if *last != now {
        // A listener that went away ends the whole feed.
        let _ = sender.send(Ok(event(name, now.clone()))).await;
        *last = now;
    }
}
