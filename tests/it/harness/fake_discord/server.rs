//! The wire: faults first, then the route, the token, the limits, the act; everything is logged.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::FakeDiscord;
use super::faults::After;
use super::memory::{Answer, Call, Memory, Refusal};
use super::rates::Told;
use super::request::{self, Request};
use super::{answers, commands, directory, messages};

pub fn routes(fake: FakeDiscord) -> Router {
    Router::new().route("/api/v10/{*path}", any(api)).with_state(fake)
}

async fn api(
    State(fake): State<FakeDiscord>,
    method: Method,
    Path(path): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = request::read(&headers, &uri, &body);
    let now = fake.clock.now();
    let (answer, after) = {
        let mut memory = fake.memory();
        memory.now = now;
        (memory.take(method.as_str(), &path, request), memory.faults.after)
    };
    match after {
        After::Answers => answer,
        After::Silent => std::future::pending().await,
        After::Cut => {
            let broken = std::io::Error::other("the connection breaks");
            Body::from_stream(tokio_stream::once(Err::<Bytes, _>(broken))).into_response()
        }
        After::Garbled => Html("<h1>Bad gateway, probably</h1>").into_response(),
    }
}

/// What the routes are called, and whose each is.
fn route<'a>(method: &str, path: &'a [&'a str]) -> Option<(String, &'a str)> {
    let (name, owner) = match path {
        ["channels", channel, "messages"] => ("channels/messages", *channel),
        ["channels", channel, "messages", _] => ("channels/messages", *channel),
        ["users", "@me", "channels"] => ("users/@me/channels", ""),
        ["users", "@me"] => ("users/@me", ""),
        ["users", "@me", "guilds"] => ("users/@me/guilds", ""),
        ["users", _] => ("users", ""),
        ["gateway", "bot"] => ("gateway/bot", ""),
        ["gateway"] => ("gateway", ""),
        ["applications", "@me"] | ["oauth2", "applications", "@me"] => ("applications/@me", ""),
        ["applications", _, "commands"] => ("applications/commands", ""),
        ["applications", _, "guilds", guild, "commands"] => ("applications/commands", *guild),
        ["webhooks", _, token] | ["webhooks", _, token, "messages", _] => ("webhooks", *token),
        ["interactions", _, token, "callback"] => ("interactions/callback", *token),
        ["guilds", guild] => ("guilds", *guild),
        ["guilds", guild, "roles"] => ("guilds/roles", *guild),
        ["guilds", guild, "members"] => ("guilds/members", *guild),
        ["guilds", guild, "members", _] => ("guilds/members/one", *guild),
        _ => return None,
    };
    Some((format!("{method} {name}"), owner))
}

impl Memory {
    fn take(&mut self, method: &str, path: &str, request: Result<Request, Refusal>) -> Response {
        let parts: Vec<&str> = path.split('/').collect();
        let (name, owner) = route(method, &parts).unwrap_or((format!("{method} ?"), ""));
        let body = request.as_ref().map_or(Value::Null, |request| request.body.clone());
        if let Some(status) = self.faults.status {
            self.record(&name, path, &body, &status.to_string());
            return StatusCode::from_u16(status).unwrap().into_response();
        }
        if let Some(url) = &self.faults.redirect {
            return Redirect::temporary(url).into_response();
        }
        let until = ["*", &name].iter().filter_map(|name| self.faults.busy.get(*name)).max();
        let left = until.map(|until| until.since(self.now)).filter(|left| !left.is_zero());
        let busy =
            left.map(|left| Told { limit: 5, remaining: 0, reset_after: left, over: true, global: false });
        let told = busy.or_else(|| self.rates.count(&name, owner, self.now));
        if let Some(told) = told.as_ref().filter(|told| told.over) {
            self.record(&name, path, &body, "429");
            return too_many(&name, told);
        }
        let answer = request.and_then(|request| self.act(method, &parts, &name, &request));
        let outcome = |refusal: &Refusal| format!("{} {}", refusal.status, refusal.code);
        self.record(&name, path, &body, &answer.as_ref().map_or_else(outcome, |_| "ok".into()));
        with_limit(&name, told.as_ref(), response(answer))
    }

    fn act(&mut self, method: &str, path: &[&str], name: &str, request: &Request) -> Answer {
        let open = matches!(path[0], "webhooks" | "interactions");
        let known = request.token.as_ref().is_some_and(|token| self.tokens.contains(token));
        if !open && !known {
            return Err(Refusal::of(401, 0, "401: Unauthorized"));
        }
        if let Some(refusal) = self.faults.refusal(name) {
            return Err(refusal);
        }
        match (method, path) {
            ("POST", ["channels", channel, "messages"]) => messages::create(self, channel, request),
            ("PATCH", ["channels", channel, "messages", id]) => messages::edit(self, channel, id, request),
            ("GET", ["channels", channel, "messages", id]) => messages::read(self, channel, id),
            ("DELETE", ["channels", channel, "messages", id]) => messages::delete(self, channel, id),
            ("POST", ["users", "@me", "channels"]) => messages::open(self, request),
            ("POST", ["webhooks", app, token]) => answers::follow_up(self, app, token, request),
            ("PATCH", ["webhooks", app, token, "messages", id]) => {
                answers::edit(self, app, token, id, request)
            }
            ("DELETE", ["webhooks", app, token, "messages", id]) => answers::delete(self, app, token, id),
            ("POST", ["interactions", id, token, "callback"]) => answers::callback(self, id, token, request),
            ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => {
                directory::application(self)
            }
            ("GET", ["applications", _, "commands"]) => commands::list(self, None),
            ("PUT", ["applications", _, "commands"]) => commands::replace(self, None, &request.body),
            ("GET", ["applications", _, "guilds", guild, "commands"]) => commands::list(self, Some(guild)),
            ("PUT", ["applications", _, "guilds", guild, "commands"]) => {
                commands::replace(self, Some(guild), &request.body)
            }
            ("GET", ["gateway"] | ["gateway", "bot"]) => directory::gateway(self),
            ("GET", ["users", "@me", "guilds"]) => directory::guilds(self),
            ("GET", ["users", user]) => directory::user(self, user),
            ("GET", ["guilds", guild]) => directory::guild(self, guild),
            ("GET", ["guilds", guild, "roles"]) => directory::roles(self, guild),
            ("GET", ["guilds", guild, "members"]) => directory::members(self, guild, request),
            ("GET", ["guilds", guild, "members", user]) => directory::one_member(self, guild, user),
            _ => Err(Refusal::of(404, 0, "404: Not Found")),
        }
    }

    fn record(&mut self, route: &str, path: &str, body: &Value, outcome: &str) {
        *self.calls.entry(route.to_owned()).or_default() += 1;
        let (route, path, outcome) = (route.to_owned(), path.to_owned(), outcome.to_owned());
        self.log.push(Call { route, path, body: body.clone(), outcome, at: self.now });
    }
}

fn response(answer: Answer) -> Response {
    match answer {
        Ok(Value::Null) => StatusCode::NO_CONTENT.into_response(),
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status).unwrap();
            (status, Json(refusal.body())).into_response()
        }
    }
}

fn with_limit(route: &str, told: Option<&Told>, mut response: Response) -> Response {
    let Some(told) = told else { return response };
    let after = format!("{:.3}", told.reset_after.as_secs_f64());
    let bucket: String =
        route.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(32).collect();
    let headers = [
        ("x-ratelimit-limit", told.limit.to_string()),
        ("x-ratelimit-remaining", told.remaining.to_string()),
        ("x-ratelimit-reset-after", after),
        ("x-ratelimit-bucket", bucket),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

fn too_many(route: &str, told: &Told) -> Response {
    let (after, global) = (told.reset_after.as_secs_f64(), told.global);
    let body = json!({ "message": "You are being rate limited.", "retry_after": after, "global": global });
    let scope = if global { "global" } else { "user" };
    let headers = [("retry-after", format!("{}", after.ceil())), ("x-ratelimit-scope", scope.to_owned())];
    let response = (StatusCode::TOO_MANY_REQUESTS, headers, Json(body)).into_response();
    if global { response } else { with_limit(route, Some(told), response) }
}
