//! Calls to Slack's Web API, each bounded in time, errors without secrets.
//!
//! Answers are read as raw JSON: the library's typed answers refuse whole payloads for one
//! odd member, and an answer we cannot read would mean posting a message twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;
use url::Url;

use crate::chat::limiter::{Limiter, Line};
use crate::chat::message::Message;
use crate::chat::outages::{AGAIN, LIMITED_SECONDS, MENDED_SECONDS, Outages};
use crate::chat::slack::errors::{Decision, Failure};
use crate::chat::slack::inbound::Workspace;
use crate::chat::slack::{limits, render, view};
use crate::chat::{MessageRef, SendError};
use crate::clock::Clock;
use crate::error::Result;

/// The longest wait for an answer. Slack on a slow day takes ten seconds; giving up on it
/// earlier would make one message two.
pub const PATIENCE: Duration = Duration::from_secs(25);
/// A view must be open within 3 s of the press, our own work included.
const VIEW_PATIENCE: Duration = Duration::from_secs(2);
/// Holds all that goes by the token.
const TOKEN: &str = "the bot token";
/// Opens a direct conversation.
const OPEN: &str = "conversations.open";
/// The name of an answer at an address for answers, where a method has one.
const ANSWER: &str = "response_url";

/// A connection to one Slack app.
pub struct Client {
    pub(super) slack: SlackHyperClient,
    pub(super) token: SlackApiToken,
    /// Where the Web API is: addresses for answers may be there, too.
    api: Option<Url>,
    pub(super) patience: Duration,
    /// Off only at a server that has no limits.
    pacing: bool,
    limiter: Limiter,
    outages: Outages,
}

impl Client {
    /// With the machine's certificates. Slack serves HTTP/1.1 as well as 2; a fake serves
    /// 1.1 without TLS. The library's own limiter stays off: it knows one rate a workspace.
    pub fn new(settings: &super::Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        let connector = SlackClientHyperConnector::from(connector);
        let connector = connector.with_slack_api_url(settings.api_url.trim_end_matches('/'));
        Ok(Client {
            slack: SlackClient::new(connector),
            token: SlackApiToken::new(settings.bot_token.clone().into()),
            api: Url::parse(&settings.api_url).ok(),
            patience: settings.patience,
            pacing: settings.pacing,
            limiter: Limiter::new(clock),
            outages: Outages::default(),
        })
    }

    /// How long the message `key` waits before `method` may put it into `place`.
    pub fn wait(&self, key: &str, method: &str, place: &str) -> Duration {
        self.wait_for(key, &[method], place)
    }

    /// How long the message `key` waits before it may go to a user directly.
    pub fn wait_directly(&self, key: &str, user: &str) -> Duration {
        self.wait_for(key, &["chat.postMessage", OPEN], user)
    }

    /// The first of the methods puts it into `place`.
    fn wait_for(&self, key: &str, methods: &[&str], place: &str) -> Duration {
        let method = methods[0];
        let name = format!("{method} {key}");
        let holds: Vec<&str> = [TOKEN].iter().chain(methods).copied().collect();
        if !self.pacing {
            return self.limiter.wait(&name, &holds, &[]);
        }
        let mut lines = vec![Line {
            name: format!("{method} in {place}"),
            every: limits::CHANNEL_EVERY,
            burst: limits::CHANNEL_BURST,
        }];
        lines.extend(methods.iter().map(|method| method_line(method)));
        if method == "chat.update" {
            lines.insert(0, Line { name: name.clone(), every: limits::EDIT_EVERY, burst: 1 });
        }
        self.limiter.wait(&name, &holds, &lines)
    }

    /// How long an answer to a press waits: nothing but Slack's own word holds it back.
    pub fn wait_to_answer(&self, key: &str) -> Duration {
        self.limiter.wait(key, &[ANSWER], &[])
    }

    /// How long the lookup `ticket` waits before it may call `method`.
    pub fn wait_to_ask(&self, ticket: &str, method: &str) -> Duration {
        let lines = self.pacing.then(|| method_line(method));
        self.limiter.wait(&format!("{method} {ticket}"), &[TOKEN, method], lines.as_slice())
    }

    /// Whose bot we are.
    pub async fn auth_test(&self) -> Result<Workspace, SendError> {
        let answer = self.call("auth.test", &json!({}), self.patience).await?;
        let member = |name: &str| answer[name].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
        let team = member("team_id").ok_or_else(|| unclear("auth.test named no team"))?;
        Ok(Workspace { team, enterprise: member("enterprise_id"), bot_user: member("user_id") })
    }

    /// Calls a method that reads no JSON and changes nothing.
    pub async fn look_up(&self, method: &str, asked: &[(&str, &str)]) -> Result<Value, SendError> {
        let session = self.slack.open_session(&self.token);
        let asked: Vec<(&str, Option<&str>)> =
            asked.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let call = session.http_session_api.http_get::<Value, _, _>(method, &asked, None);
        let answer = bounded(self.patience, call).await;
        let answer = answer
            .and_then(|answer| if answer["ok"] == true { Ok(answer) } else { Err(Failure::Unreadable) });
        self.judged(method, answer)
    }

    /// Posts to the direct conversation with a user. Slack opens it itself for a message; but it
    /// takes messages to somebody whose account is closed, too, who never reads them. Asked to
    /// open it, it says so.
    pub async fn post_directly(&self, user: &str, message: &Message) -> Result<MessageRef, SendError> {
        let opened = self.call(OPEN, &json!({ "users": user }), self.patience).await;
        let opened = opened.map_err(|error| match error {
            // Whatever became of that, no message is there yet.
            SendError::Unclear { seconds, reason } => SendError::Later { seconds, reason },
            other => other,
        })?;
        let channel = opened["channel"]["id"].as_str().unwrap_or(user);
        self.post(channel, None, message).await
    }

    /// Posts to a channel or its thread.
    pub async fn post(
        &self,
        channel: &str,
        thread: Option<&str>,
        message: &Message,
    ) -> Result<MessageRef, SendError> {
        let mut body = placed(channel, thread, message);
        body["unfurl_links"] = false.into();
        let answer = self.say("chat.postMessage", &body).await?;
        let ts = answer["ts"].as_str().ok_or_else(|| unclear("chat.postMessage named no message"))?;
        let channel = answer["channel"].as_str().unwrap_or(channel);
        Ok(MessageRef(json!({ "channel": channel, "ts": ts })))
    }

    /// Shows a message to one member of a channel, until they load it anew.
    pub async fn whisper(
        &self,
        channel: &str,
        thread: Option<&str>,
        user: &str,
        message: &Message,
    ) -> Result<MessageRef, SendError> {
        let mut body = placed(channel, thread, message);
        body["user"] = user.into();
        self.say("chat.postEphemeral", &body).await?;
        Ok(MessageRef(Value::Null))
    }

    /// Replaces a user's App Home.
    pub async fn publish(&self, user: &str, message: &Message) -> Result<MessageRef, SendError> {
        let body = json!({ "user_id": user, "view": view::home(message) });
        self.call("views.publish", &body, self.patience).await?;
        Ok(MessageRef(json!({ "home": user })))
    }

    /// Replaces a message.
    pub async fn update(&self, reference: &MessageRef, message: &Message) -> Result<(), SendError> {
        if let Some(user) = reference.0["home"].as_str() {
            return self.publish(user, message).await.map(drop);
        }
        let (Some(channel), Some(ts)) = (reference.0["channel"].as_str(), reference.0["ts"].as_str()) else {
            return Err(SendError::Never("that message cannot be changed".into()));
        };
        let mut body = render::message(message);
        body["channel"] = channel.into();
        body["ts"] = ts.into();
        self.say("chat.update", &body).await.map(drop)
    }

    /// Opens a view, or puts it on top of the open one.
    pub async fn open(&self, trigger: &str, view: &SlackView, on_top: bool) -> Result<(), SendError> {
        let method = if on_top { "views.push" } else { "views.open" };
        let body = json!({ "trigger_id": trigger, "view": view });
        self.call(method, &body, VIEW_PATIENCE).await.map(drop)
    }

    /// Answers a press, seen by the presser alone. The address stands for the person, so it
    /// is treated as a secret and our token is not sent to it. Only an address of Slack's is
    /// posted to: a leaked signing secret must not reach what only this machine can reach.
    pub async fn respond(&self, url: &str, message: &Message) -> Result<MessageRef, SendError> {
        let url = self
            .slacks(url)
            .ok_or_else(|| SendError::Never("the address for answers is none of Slack's".into()))?;
        let mut body = render::message(message);
        body["response_type"] = "ephemeral".into();
        body["replace_original"] = false.into();
        let span = tracing::Span::none();
        let call = self.slack.http_api.connector.http_post_uri::<_, Value>(url, &body, without_token(&span));
        self.judged(ANSWER, bounded(self.patience, call).await)?;
        Ok(MessageRef(Value::Null))
    }

    /// Puts a message somewhere. Where Slack does not take what we made of it, it gets the bare
    /// text: the fault is ours, and whoever waits for the message should not lose it for that.
    async fn say(&self, method: &str, body: &Value) -> Result<Value, SendError> {
        let answer = self.ask(method, body, self.patience).await;
        match &answer {
            // Slack looks at a file after it took it, and until then takes no message with it.
            Err(failure) if failure.decision() == Decision::Content && render::has_files(body) => {
                Err(SendError::Files(failure.reason()))
            }
            Err(failure) if failure.decision() == Decision::Content => {
                tracing::error!(
                    reason = failure.reason(),
                    method,
                    "Slack did not take a message of ours as it was; it gets the bare text"
                );
                let answer = self.ask(method, &render::bare(body), self.patience).await;
                self.judged(method, answer)
            }
            _ => self.judged(method, answer),
        }
    }

    async fn call(&self, method: &str, body: &Value, patience: Duration) -> Result<Value, SendError> {
        let answer = self.ask(method, body, patience).await;
        self.judged(method, answer)
    }

    /// One call. What is answered without `ok` is an answer of something else.
    pub(super) async fn ask(&self, method: &str, body: &Value, patience: Duration) -> Result<Value, Failure> {
        let session = self.slack.open_session(&self.token);
        let answer: Value = bounded(patience, session.http_session_api.http_post(method, body, None)).await?;
        if answer["ok"] == true { Ok(answer) } else { Err(Failure::Unreadable) }
    }

    /// The address, if it is one of Slack's.
    pub(super) fn slacks(&self, url: &str) -> Option<Url> {
        Url::parse(url).ok().filter(|url| is_slacks(url, self.api.as_ref()))
    }

    /// An answer, or what its failure means.
    fn judged(&self, method: &str, answer: Result<Value, Failure>) -> Result<Value, SendError> {
        let answer = answer.map_err(|failure| self.judge(method, failure))?;
        self.works(method);
        Ok(answer)
    }

    /// What a failure means for its message, and for all that come after it.
    pub(super) fn judge(&self, method: &str, failure: Failure) -> SendError {
        let reason = failure.reason();
        let later = |seconds, reason| SendError::Later { seconds, reason };
        match failure.decision() {
            Decision::Later => later(self.again(), reason),
            Decision::Unclear => SendError::Unclear { seconds: self.again(), reason },
            Decision::Busy => {
                let wait = if let Failure::TooMany(wait) = failure { wait } else { None };
                let seconds = wait.unwrap_or(LIMITED_SECONDS).max(1);
                self.limiter.hold(method, Duration::from_secs(seconds));
                later(seconds, reason)
            }
            Decision::Token => later(self.held(TOKEN, &reason), reason),
            Decision::Scope => later(self.held(method, &reason), reason),
            Decision::NotThere | Decision::Content => SendError::NotThere(reason),
            Decision::Gone => SendError::Gone(reason),
        }
    }

    /// A call came through: what was wrong is over.
    fn works(&self, method: &str) {
        let holds = if method == ANSWER { &[][..] } else { &[TOKEN, method] };
        for hold in self.outages.works(holds) {
            self.limiter.release(hold);
            tracing::info!(hold, "Slack takes it again; what waited goes on");
        }
    }

    /// In how many seconds to try again.
    fn again(&self) -> u64 {
        self.outages.again(self.limiter.now())
    }

    /// Holds back what only an operator can mend, and tells them once. Nothing is given up: a
    /// start with a good token, or the scope, brings it all.
    fn held(&self, hold: &str, reason: &str) -> u64 {
        self.limiter.hold(hold, Duration::from_secs(MENDED_SECONDS));
        if self.outages.hold(hold, reason) {
            tracing::error!(
                reason,
                "Slack refuses {hold}: what needs it waits. Mend the app's token or scopes at api.slack.com/apps; \
                 a new token counts after a restart"
            );
        }
        MENDED_SECONDS
    }
}

/// The line of all that one method is called for.
fn method_line(method: &str) -> Line {
    let per_minute = limits::per_minute(method);
    Line { name: method.to_owned(), every: Duration::from_secs(60) / per_minute, burst: per_minute / 5 }
}

/// A message for a place.
fn placed(channel: &str, thread: Option<&str>, message: &Message) -> Value {
    let mut body = render::message(message);
    body["channel"] = channel.into();
    if let Some(thread) = thread {
        body["thread_ts"] = thread.into();
    }
    body
}

/// Slack's own hosts over TLS, or the very host that the Web API is called at.
fn is_slacks(url: &Url, api: Option<&Url>) -> bool {
    let host = url.host_str().unwrap_or_default();
    let theirs = [".slack.com", ".slack-gov.com"].iter().any(|domain| host.ends_with(domain));
    let usual = url.scheme() == "https" && url.port().is_none() && theirs;
    let same = |api: &Url| api.scheme() == url.scheme() && api.host() == url.host();
    usual || api.is_some_and(same)
}

/// A call of an address that is secret and stands for itself.
pub(super) fn without_token(span: &tracing::Span) -> SlackClientApiCallContext<'_> {
    SlackClientApiCallContext {
        rate_control_params: None,
        token: None,
        tracing_span: span,
        is_sensitive_url: true,
    }
}

pub(super) async fn bounded<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, SlackClientError>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer.map_err(Failure::of),
        Err(_) => Err(Failure::NoAnswer),
    }
}

fn unclear(reason: &str) -> SendError {
    SendError::Unclear { seconds: AGAIN.0, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_to_slack_or_where_the_api_is() {
        let slacks =
            |url: &str, api: &str| is_slacks(&Url::parse(url).unwrap(), Url::parse(api).ok().as_ref());
        let (usual, fake) = ("https://slack.com/api", "http://127.0.0.1:9/api");
        assert!(slacks("https://hooks.slack.com/actions/T1/2/x", usual));
        assert!(slacks("http://127.0.0.1:9/respond/1", fake));
        for foreign in [
            "http://hooks.slack.com/actions/T1",
            "https://hooks.slack.com:8443/x",
            "https://hooks.slack.com.evil.example/x",
            "https://evilslack.com/x",
            "https://hooks.slack.com@evil.example/x",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:9/respond/1",
            "file:///etc/passwd",
        ] {
            assert!(!slacks(foreign, usual), "{foreign}");
        }
        assert!(!slacks("http://127.0.0.2:9/x", fake));
    }
}
