//! Calls to Slack's Web API, each bounded in time, errors without secrets.
//!
//! Answers are read as raw JSON: the library's typed answers refuse whole payloads for one
//! odd member, and an answer we cannot read would mean posting a message twice.

use std::time::Duration;

use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;
use url::Url;

use crate::chat::message::Message;
use crate::chat::slack::inbound::Workspace;
use crate::chat::slack::{render, view};
use crate::chat::{MessageRef, SendError};
use crate::error::Result;

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A view must be open within 3 s of the press, our own work included.
const VIEW_PATIENCE: Duration = Duration::from_secs(2);
/// When to try again after a failure that says nothing about it.
const AGAIN_SECONDS: u64 = 5;
/// When to try again after "too many requests" without a time.
const LIMITED_SECONDS: u64 = 30;

/// A connection to one Slack app.
pub struct Client {
    slack: SlackHyperClient,
    token: SlackApiToken,
    /// Where the Web API is: addresses for answers may be there, too.
    api: Option<Url>,
}

impl Client {
    /// With the machine's certificates. Slack serves HTTP/1.1 as well as 2; a fake serves
    /// 1.1 without TLS. The library's own limiter stays off: it knows one rate a workspace.
    pub fn new(api_url: &str, token: &str) -> Result<Self> {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        let connector = SlackClientHyperConnector::from(connector);
        let connector = connector.with_slack_api_url(api_url.trim_end_matches('/'));
        let token = SlackApiToken::new(token.to_owned().into());
        Ok(Client { slack: SlackClient::new(connector), token, api: Url::parse(api_url).ok() })
    }

    /// Whose bot we are.
    pub async fn auth_test(&self) -> Result<Workspace, SendError> {
        let answer = self.call("auth.test", &json!({}), PATIENCE).await?;
        let member = |name: &str| answer[name].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
        let team = member("team_id").ok_or_else(|| later("auth.test named no team"))?;
        Ok(Workspace { team, enterprise: member("enterprise_id"), bot_user: member("user_id") })
    }

    /// Posts to a channel, its thread or, given a user, to their direct conversation with the bot.
    pub async fn post(
        &self,
        channel: &str,
        thread: Option<&str>,
        message: &Message,
    ) -> Result<MessageRef, SendError> {
        let mut body = placed(channel, thread, message);
        body["unfurl_links"] = false.into();
        let answer = self.call("chat.postMessage", &body, PATIENCE).await?;
        let ts = answer["ts"].as_str().ok_or_else(|| later("chat.postMessage named no message"))?;
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
        self.call("chat.postEphemeral", &body, PATIENCE).await?;
        Ok(MessageRef(Value::Null))
    }

    /// Replaces a user's App Home.
    pub async fn publish(&self, user: &str, message: &Message) -> Result<MessageRef, SendError> {
        let body = json!({ "user_id": user, "view": view::home(message) });
        self.call("views.publish", &body, PATIENCE).await?;
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
        self.call("chat.update", &body, PATIENCE).await.map(drop)
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
        let url = Url::parse(url).ok().filter(|url| is_slacks(url, self.api.as_ref()));
        let url = url.ok_or_else(|| SendError::Never("the address for answers is none of Slack's".into()))?;
        let mut body = render::message(message);
        body["response_type"] = "ephemeral".into();
        body["replace_original"] = false.into();
        let span = tracing::Span::none();
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &span,
            is_sensitive_url: true,
        };
        let call = self.slack.http_api.connector.http_post_uri::<_, Value>(url, &body, context);
        bounded(PATIENCE, call).await?;
        Ok(MessageRef(Value::Null))
    }

    async fn call(&self, method: &str, body: &Value, patience: Duration) -> Result<Value, SendError> {
        let session = self.slack.open_session(&self.token);
        bounded(patience, session.http_session_api.http_post(method, body, None)).await
    }
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

async fn bounded<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, SlackClientError>>,
) -> Result<T, SendError> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer.map_err(send_error),
        Err(_) => Err(unclear("Slack did not answer in time")),
    }
}

/// Only codes and states pass: the library's own texts contain answers and addresses.
fn send_error(error: SlackClientError) -> SendError {
    match error {
        SlackClientError::ApiError(error) => api_error(&error.code),
        SlackClientError::RateLimitError(error) => {
            let seconds = error.retry_after.map_or(LIMITED_SECONDS, |wait| wait.as_secs().max(1));
            SendError::Later { seconds, reason: "Slack takes no more messages for now".into() }
        }
        SlackClientError::HttpError(error) => http_error(error.status_code.as_u16()),
        SlackClientError::ProtocolError(_) => unclear("Slack's answer cannot be read"),
        _ => later("Slack cannot be reached"),
    }
}

fn api_error(code: &str) -> SendError {
    let told: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    match code {
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            SendError::Later { seconds: LIMITED_SECONDS, reason: told }
        }
        "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org" => later(&told),
        "not_in_channel" | "user_not_in_channel" | "channel_not_found" | "is_archived" => {
            SendError::NotThere(told)
        }
        code if code.starts_with("restricted_action") => SendError::NotThere(told),
        _ => SendError::Never(told),
    }
}

fn http_error(status: u16) -> SendError {
    match status {
        408 | 425 | 429 | 500.. => later(&format!("Slack answered {status}")),
        _ => SendError::Never(format!("Slack answered {status}")),
    }
}

fn unclear(reason: &str) -> SendError {
    SendError::Unclear { seconds: AGAIN_SECONDS, reason: reason.to_owned() }
}

fn later(reason: &str) -> SendError {
    SendError::Later { seconds: AGAIN_SECONDS, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_decides_what_becomes_of_the_message() {
        for code in
            ["not_in_channel", "channel_not_found", "is_archived", "restricted_action_read_only_channel"]
        {
            assert!(matches!(api_error(code), SendError::NotThere(_)), "{code}");
        }
        for code in ["internal_error", "ratelimited", "service_unavailable"] {
            assert!(matches!(api_error(code), SendError::Later { .. }), "{code}");
        }
        assert_eq!(api_error("invalid_blocks").to_string(), "invalid_blocks");
        assert!(matches!(http_error(503), SendError::Later { .. }));
        assert!(matches!(http_error(404), SendError::Never(_)));
    }

    #[test]
    fn an_error_never_repeats_what_slack_sent() {
        let body = "xoxb-secret";
        let error = SlackClientError::HttpError(
            slack_morphism::errors::SlackClientHttpError::new(axum::http::StatusCode::IM_A_TEAPOT)
                .with_http_response_body(body.into()),
        );
        assert!(!send_error(error).to_string().contains(body));
    }

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
