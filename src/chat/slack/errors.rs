//! What each error of Slack means for the message that met it, in one table.
//!
//! Checked on 2026-11-25 against the error lists of `chat.postMessage`, `chat.postEphemeral`,
//! `chat.update`, `conversations.open` and `views.publish` at docs.slack.dev. What is not in
//! the table is taken as "not there": the fallback may work, and if it does not the message
//! is given up with that error in the log, which is better than asking for ever.

use serde_json::Value;
use slack_morphism::errors::SlackClientError;

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Certainly not done, and soon possible again: try again.
    Later,
    /// Done or not: try again, marked as a repeat.
    Unclear,
    /// Too many requests: everything of the method waits.
    Busy,
    /// The token is dead: everything waits for a good one.
    Token,
    /// The app lacks a scope: everything of the method waits for it.
    Scope,
    /// Nothing can be written there: the fallback, or give up.
    NotThere,
    /// The message to be changed is gone, or fixed: post it anew, once.
    Gone,
    /// Our own fault: a plain short text instead.
    Content,
}

/// Why a call came to nothing. Only codes pass: answers contain what was written, and the
/// library's own texts contain answers and addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Slack's own word, and which scope it misses.
    Code {
        code: String,
        needed: String,
    },
    /// An HTTP status that is no answer of the method's.
    Status(u16),
    /// 429 and its `Retry-After` in seconds.
    TooMany(Option<u64>),
    Unreachable,
    Unreadable,
    NoAnswer,
}

#[rustfmt::skip]
const DECISIONS: &[(Decision, &[&str])] = &[
    (Decision::Busy, &["ratelimited", "rate_limited", "message_limit_exceeded"]),
    (Decision::Later, &["service_unavailable", "team_added_to_org", "external_channel_migrating"]),
    // Slack's own word for these: some part of it may have been done.
    (Decision::Unclear, &["internal_error", "fatal_error", "request_timeout"]),
    (Decision::Token, &[
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive",
        "org_login_required", "team_access_not_granted", "not_allowed_token_type",
    ]),
    (Decision::Scope, &["missing_scope", "no_permission"]),
    (Decision::NotThere, &[
        "channel_not_found", "not_in_channel", "is_archived", "channel_type_not_supported",
        "user_not_in_channel", "user_not_found", "users_not_found", "user_disabled",
        "user_not_visible", "cannot_dm_bot", "messages_tab_disabled", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel", "restricted_action_thread_locked",
        "cannot_reply_to_message", "invalid_thread_ts", "access_denied", "ekm_access_denied",
        "team_not_found", "not_enabled",
        // An address for answers is good for five within 30 minutes.
        "expired_url", "used_url", "invalid_url",
    ]),
    (Decision::Gone, &["message_not_found", "cant_update_message", "edit_window_closed"]),
    (Decision::Content, &[
        "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "no_text",
        "only_one_table_allowed", "too_many_attachments", "markdown_text_conflict",
        "invalid_arguments", "invalid_array_arg", "invalid_form_data", "invalid_charset",
        "invalid_json", "json_not_object", "invalid_post_type", "missing_post_type",
        "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema",
    ]),
];

impl Failure {
    /// Of a library's error.
    pub fn of(error: SlackClientError) -> Failure {
        match error {
            SlackClientError::ApiError(error) => {
                let body = error.http_response_body.unwrap_or_default();
                let body: Value = serde_json::from_str(&body).unwrap_or_default();
                let needed = word(body["needed"].as_str().unwrap_or_default());
                Failure::Code { code: word(&error.code), needed }
            }
            SlackClientError::RateLimitError(error) => {
                Failure::TooMany(error.retry_after.map(|wait| wait.as_secs()))
            }
            SlackClientError::HttpError(error) => Failure::Status(error.status_code.as_u16()),
            SlackClientError::ProtocolError(_) => Failure::Unreadable,
            // The request did not get there, or its end was cut off.
            SlackClientError::HttpProtocolError(error) if never_sent(error.cause.as_deref()) => {
                Failure::Unreachable
            }
            _ => Failure::NoAnswer,
        }
    }

    /// What becomes of the message that met it.
    pub fn decision(&self) -> Decision {
        match self {
            Failure::Code { code, .. } => {
                let found = DECISIONS.iter().find(|(_, codes)| codes.contains(&code.as_str()));
                found.map_or(Decision::NotThere, |(decision, _)| *decision)
            }
            Failure::TooMany(_) => Decision::Busy,
            // Refused at the door; behind it a gateway may have passed the call on.
            Failure::Status(408 | 425 | 503) | Failure::Unreachable => Decision::Later,
            Failure::Status(500..) | Failure::Unreadable | Failure::NoAnswer => Decision::Unclear,
            Failure::Status(_) => Decision::NotThere,
        }
    }

    /// For the log and the row.
    pub fn reason(&self) -> String {
        match self {
            Failure::Code { code, needed } if needed.is_empty() => code.clone(),
            Failure::Code { code, needed } => format!("{code} (needs {needed})"),
            Failure::Status(status) => format!("Slack answered {status}"),
            Failure::TooMany(_) => "Slack takes no more for now".into(),
            Failure::Unreachable => "Slack cannot be reached".into(),
            Failure::Unreadable => "Slack's answer cannot be read".into(),
            Failure::NoAnswer => "Slack did not answer".into(),
        }
    }
}

/// A code or a list of scopes, whatever else came as one.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "_:.,".contains(*c)).take(128).collect()
}

/// Whether no connection came about, so that nothing can have been done.
fn never_sent(cause: Option<&(dyn std::error::Error + Send + Sync + 'static)>) -> bool {
    let error = cause.and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
    error.is_some_and(hyper_util::client::legacy::Error::is_connect)
}

#[cfg(test)]
mod tests {
    use slack_morphism::errors::{SlackClientApiError, SlackClientHttpError};

    use super::*;

    fn code(code: &str) -> Failure {
        Failure::Code { code: code.into(), needed: String::new() }
    }

    #[test]
    fn every_error_decides_what_becomes_of_the_message() {
        for (failure, decision) in [
            (code("ratelimited"), Decision::Busy),
            (Failure::TooMany(Some(60)), Decision::Busy),
            (code("channel_not_found"), Decision::NotThere),
            (code("not_in_channel"), Decision::NotThere),
            (code("is_archived"), Decision::NotThere),
            (code("user_disabled"), Decision::NotThere),
            (code("user_not_found"), Decision::NotThere),
            (code("restricted_action_read_only_channel"), Decision::NotThere),
            (code("used_url"), Decision::NotThere),
            (code("an_error_of_next_year"), Decision::NotThere),
            (code("invalid_auth"), Decision::Token),
            (code("token_revoked"), Decision::Token),
            (code("account_inactive"), Decision::Token),
            (code("missing_scope"), Decision::Scope),
            (code("msg_too_long"), Decision::Content),
            (code("invalid_blocks"), Decision::Content),
            (code("message_not_found"), Decision::Gone),
            (code("cant_update_message"), Decision::Gone),
            (code("internal_error"), Decision::Unclear),
            (code("service_unavailable"), Decision::Later),
            (Failure::Status(503), Decision::Later),
            (Failure::Status(502), Decision::Unclear),
            (Failure::Status(404), Decision::NotThere),
            (Failure::Unreachable, Decision::Later),
            (Failure::Unreadable, Decision::Unclear),
            (Failure::NoAnswer, Decision::Unclear),
        ] {
            assert_eq!(failure.decision(), decision, "{failure:?}");
        }
    }

    #[test]
    fn no_error_is_decided_twice() {
        let all: Vec<&str> = DECISIONS.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        let once: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), once.len());
    }

    #[test]
    fn an_error_never_repeats_what_slack_sent() {
        let body = "xoxb-secret";
        let error = SlackClientHttpError::new(axum::http::StatusCode::IM_A_TEAPOT)
            .with_http_response_body(body.into());
        let failure = Failure::of(SlackClientError::HttpError(error));
        assert_eq!(failure.reason(), "Slack answered 418");
        let error = SlackClientApiError::new("missing_scope\n<b>".into())
            .with_http_response_body(r#"{"needed":"chat:write","secret":"xoxb-secret"}"#.into());
        let failure = Failure::of(SlackClientError::ApiError(error));
        assert_eq!(failure.reason(), "missing_scopeb (needs chat:write)");
    }
}
