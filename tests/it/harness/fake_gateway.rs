//! A fake of Discord's gateway: it greets, identifies, brings interactions, and replays to who resumes
//! what was missed. It refuses what the real one refuses: a bad token, a session that it does not know.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::fake_discord::{APP, BOT, FakeDiscord, GUILD, TOKEN};

/// What it remembers.
#[derive(Default)]
pub struct Told {
    /// Sessions that began, and that were taken up again.
    pub identified: usize,
    pub resumed: usize,
    /// Whether the next one that resumes is told that its session is gone.
    pub forgets: bool,
    /// Whether whoever resumes is sent away at once, to resume again.
    pub circles: bool,
    /// Of what was brought, how much was sent.
    pub sent: usize,
    /// Whether frames lack their number, so that they cannot be read.
    pub garbles: bool,
    /// Whether every connection is ended before a word.
    pub away: bool,
    /// All that was brought, from number 2 on; 1 is the greeting.
    brought: Vec<Value>,
    /// The session that can be resumed.
    session: Option<String>,
}

/// A running gateway; clones share their memory.
#[derive(Clone)]
pub struct FakeGateway {
    told: Arc<Mutex<Told>>,
    /// Rises with each thing to bring; odd steps of `cuts` end the connections.
    news: watch::Sender<usize>,
    cuts: watch::Sender<usize>,
}

impl Told {
    /// How often somebody was connected.
    pub fn sessions(&self) -> usize {
        self.identified + self.resumed
    }
}

impl FakeGateway {
    /// Serves on a free port, and tells the fake's REST API where.
    pub async fn start(fake: &FakeDiscord) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        fake.memory().application["gateway"] = format!("ws://{address}").into();
        let gateway =
            FakeGateway { told: Arc::default(), news: watch::Sender::new(0), cuts: watch::Sender::new(0) };
        let serving = gateway.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let gateway = serving.clone();
                tokio::spawn(async move { gateway.serve(stream).await });
            }
        });
        gateway
    }

    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings an interaction to whoever is connected, or resumes.
    pub fn brings(&self, interaction: Value) {
        self.told().brought.push(interaction);
        self.news.send_modify(|news| *news += 1);
    }

    /// Ends every connection, just as an interaction was to be brought.
    pub fn misses(&self, interaction: Value) {
        self.told().brought.push(interaction);
        self.drops();
    }

    /// Ends every connection without a word.
    pub fn drops(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    async fn serve(&self, stream: TcpStream) {
        if self.told().away {
            return;
        }
        let Ok(mut socket) = accept_async(stream).await else { return };
        let (mut news, mut cuts) = (self.news.subscribe(), self.cuts.subscribe());
        send(&mut socket, json!({ "op": 10, "d": { "heartbeat_interval": 41_250 }, "s": null, "t": null }))
            .await;
        // How many of what is brought this connection has; none before it has a session.
        let mut had: Option<usize> = None;
        loop {
            if let Some(after) = had {
                let new: Vec<Value> = self.told().brought[after..].to_vec();
                for (n, interaction) in new.into_iter().enumerate() {
                    let mut frame =
                        json!({ "op": 0, "s": after + n + 2, "t": "INTERACTION_CREATE", "d": interaction });
                    if self.told().garbles {
                        frame.as_object_mut().unwrap().remove("s");
                    }
                    send(&mut socket, frame).await;
                    had = Some(after + n + 1);
                    self.told().sent += 1;
                }
            }
            tokio::select! {
                _ = news.changed() => {}
                _ = cuts.changed() => return,
                said = socket.next() => match said {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).unwrap();
                        if !self.hears(&mut socket, &frame, &mut had).await {
                            return;
                        }
                    }
                    Some(Ok(_)) => {}
                    _ => return,
                },
            }
        }
    }

    /// Whether the connection goes on.
    async fn hears(
        &self,
        socket: &mut WebSocketStream<TcpStream>,
        frame: &Value,
        had: &mut Option<usize>,
    ) -> bool {
        let data = &frame["d"];
        match frame["op"].as_u64() {
            Some(1) => send(socket, json!({ "op": 11, "d": null, "s": null, "t": null })).await,
            // Serenity writes `Bot ` before it, as for the REST API, which Discord takes.
            Some(2 | 6) if data["token"].as_str().is_none_or(|it| it.trim_start_matches("Bot ") != TOKEN) => {
                let frame = CloseFrame { code: 4004.into(), reason: "Authentication failed.".into() };
                let _ = socket.close(Some(frame)).await;
                return false;
            }
            Some(2) => {
                assert_eq!(data["intents"], 0, "more than is needed is asked for");
                let (session, brought) = {
                    let mut told = self.told();
                    told.identified += 1;
                    let session = format!("session{}", told.identified);
                    told.session = Some(session.clone());
                    (session, told.brought.len())
                };
                *had = Some(brought);
                send(socket, ready(&session)).await;
            }
            Some(6) => {
                let known = {
                    let mut told = self.told();
                    let forgets = std::mem::take(&mut told.forgets);
                    let known = !forgets && told.session.as_deref() == data["session_id"].as_str();
                    told.resumed += usize::from(known);
                    known
                };
                if !known {
                    send(socket, json!({ "op": 9, "d": false, "s": null, "t": null })).await;
                    return true;
                }
                let seen = usize::try_from(data["seq"].as_u64().unwrap_or(1)).unwrap();
                *had = Some(seen.saturating_sub(1));
                send(socket, json!({ "op": 0, "s": seen, "t": "RESUMED", "d": {} })).await;
                if self.told().circles {
                    send(socket, json!({ "op": 7, "d": null, "s": null, "t": null })).await;
                }
            }
            _ => {}
        }
        true
    }
}

fn ready(session: &str) -> Value {
    json!({ "op": 0, "s": 1, "t": "READY", "d": {
        "v": 10, "session_id": session, "resume_gateway_url": "wss://127.0.0.1:1", "shard": [0, 1],
        "user": { "id": BOT, "username": "goldenpath", "discriminator": "0", "global_name": null, "avatar": null,
            "bot": true, "verified": true, "email": null, "flags": 0, "mfa_enabled": false },
        "guilds": [{ "id": GUILD, "unavailable": true }],
        "application": { "id": APP, "flags": 0 },
    } })
}

async fn send(socket: &mut WebSocketStream<TcpStream>, frame: Value) {
    // Who hung up hears nothing.
    let _ = socket.send(Message::Text(frame.to_string().into())).await;
}
