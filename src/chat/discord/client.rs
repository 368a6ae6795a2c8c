//! Calls to Discord's REST API, each bounded in time, errors without secrets.
//!
//! Why not serenity's? Its limiter ignores the address it is given, so that a test may reach the
//! real service; it sends a POST again for a header that it cannot read; it has no bound in time,
//! and where its limiter is off it hides `Retry-After`. What we call is ten routes.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::ConfigBuilderExt as _;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use url::{Host, Url};

use super::address::Address;
use super::errors::{Decision, Failure, TooMany};
pub use super::pace::Route;
use super::pace::{Pace, TOKEN, Told, seconds};
use crate::chat::SendError;
use crate::chat::outages::{MENDED_SECONDS, Outages};
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};

/// The longest wait for an answer, as for Slack's.
pub const PATIENCE: Duration = Duration::from_secs(25);
/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// What Discord asks of a bot ("Reference", User Agent).
const AGENT: &str = concat!("DiscordBot (goldenpath, ", env!("CARGO_PKG_VERSION"), ")");

/// What must be set to call Discord. Without `Debug`, because the token is secret.
#[derive(Clone)]
pub struct Settings {
    /// The bot's.
    pub token: String,
    /// `https://discord.com`, or another server's; with `/api` and `/api/v10` or without.
    pub api_url: String,
    /// Whether we hold ourselves to Discord's rates.
    pub pacing: bool,
    /// How long an answer of Discord's is waited for; [`PATIENCE`] but in tests.
    pub patience: Duration,
}

/// A file on its way with a message.
#[derive(Clone)]
pub struct Attached {
    pub name: String,
    pub media: &'static str,
    pub bytes: Arc<[u8]>,
}

/// A call: what, where, and with which limit.
pub struct Call {
    pub method: Method,
    pub route: Route,
    /// Below `/api/v10/`.
    pub path: String,
}

impl Call {
    /// A call of this method.
    pub fn new(method: Method, route: Route, path: String) -> Self {
        Call { method, route, path }
    }

    /// One that changes or removes the answer at this address.
    pub fn answer(method: Method, address: &Address) -> Self {
        Call::new(method, Route::answering("PATCH webhooks", &address.token), address.path())
    }
}

/// A connection to Discord as one bot.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: HeaderValue,
    pace: Pace,
    outages: Outages,
}

impl Client {
    /// With the machine's certificates, as for Slack, and never through what the process's environment
    /// says, nor on to where an answer points. The token goes in the clear to machines nearby alone.
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider);
        let tls = tls.with_safe_default_protocol_versions().map_err(Error::internal)?;
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(tls.with_native_roots()?.with_no_client_auth())
            .user_agent(AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(settings.patience);
        let mut token = HeaderValue::try_from(format!("Bot {}", settings.token))
            .map_err(|_| Error::Invalid("The token of Discord's bot has characters that none has.".into()))?;
        token.set_sensitive(true);
        Ok(Client {
            http: http.build().map_err(Error::internal)?,
            base: base(&settings.api_url)?,
            token,
            pace: Pace::new(clock, settings.pacing),
            outages: Outages::default(),
        })
    }

    /// When calls may go.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The time it goes by.
    pub fn now(&self) -> Timestamp {
        self.pace.limiter().now()
    }

    /// Our application: its id, its key for signatures. Of a server that knows no applications the bot's
    /// own user, which has the same id.
    pub async fn application(&self) -> Result<Value, SendError> {
        match self.known(Route::new("GET applications/@me", ""), "applications/@me").await? {
            Some(application) => Ok(application),
            None => self.look_up(Route::new("GET users/@me", ""), "users/@me").await,
        }
    }

    /// Where the gateway is, and how many sessions may begin, where that is said.
    pub async fn gateway(&self) -> Result<Value, SendError> {
        match self.known(Route::new("GET gateway/bot", ""), "gateway/bot").await? {
            Some(gateway) => Ok(gateway),
            None => self.look_up(Route::new("GET gateway", ""), "gateway").await,
        }
    }

    /// The guilds where the bot is; `None` where the server does not tell.
    pub async fn guilds(&self) -> Result<Option<Value>, SendError> {
        self.known(Route::new("GET users/@me/guilds", ""), "users/@me/guilds").await
    }

    /// The commands of the application everywhere.
    pub async fn commands(&self, app: &str) -> Result<Value, SendError> {
        let path = format!("applications/{app}/commands");
        self.look_up(Route::new("GET applications/commands", ""), &path).await
    }

    /// Replaces the commands of the application everywhere.
    pub async fn put_commands(&self, app: &str, commands: &Value) -> Result<Value, SendError> {
        let route = Route::new("PUT applications/commands", "");
        let call = Call::new(Method::PUT, route, format!("applications/{app}/commands"));
        self.judged(&call.route, self.ask(&call, Some(commands), &[]).await)
    }

    /// Asks what a server that is not Discord's own need not know: then `None`.
    async fn known(&self, route: Route, path: &str) -> Result<Option<Value>, SendError> {
        let call = Call::new(Method::GET, route, path.to_owned());
        match self.ask(&call, None, &[]).await {
            Err(failure) if failure.is_unknown() => Ok(None),
            answer => self.judged(&call.route, answer).map(Some),
        }
    }

    /// The gateway at this address, as the server names it; `None` where the token is not to go there: to
    /// Discord itself from a server that is another, or in the clear to far away.
    pub fn gateway_at(&self, named: &str) -> Option<String> {
        let mut url = Url::parse(named).ok()?;
        let fits = url.scheme() == "wss" || (url.scheme() == "ws" && is_near(&url));
        // Who connects says which version it speaks, and how.
        url.set_query(None);
        (fits && (is_discords(&self.base) || !is_discords(&url))).then(|| url.into())
    }

    /// Asks what changes nothing.
    pub async fn look_up(&self, route: Route, path: &str) -> Result<Value, SendError> {
        let call = Call::new(Method::GET, route, path.to_owned());
        self.judged(&call.route, self.ask(&call, None, &[]).await)
    }

    /// One call with a body and files; the answer's JSON, `null` where it has none.
    pub async fn ask(&self, call: &Call, body: Option<&Value>, files: &[Attached]) -> Result<Value, Failure> {
        let url = self.base.join(&call.path).map_err(|_| Failure::Unreachable)?;
        let mut request = self.http.request(call.method.clone(), url);
        if !call.route.is_answer() {
            request = request.header(AUTHORIZATION, self.token.clone());
        }
        let response = filled(request, body, files).send().await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(told) = Told::of(&headers) {
            self.pace.told(&call.route, &told);
        }
        // An answer whose end does not come may have been a good one.
        let bytes = response.bytes().await.map_err(|_| Failure::NoAnswer)?;
        if status.is_success() {
            return match bytes.is_empty() {
                true => Ok(Value::Null),
                false => serde_json::from_slice(&bytes).map_err(|_| Failure::Unreadable),
            };
        }
        Err(self.refusal(&call.route, status, &headers, &bytes))
    }

    fn refusal(&self, route: &Route, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let failure = match status.as_u16() {
            429 => Failure::TooMany(too_many(headers, body)),
            401 if route.is_answer() => Failure::Expired,
            status => Failure::of(status, body),
        };
        let shared = matches!(failure, Failure::TooMany(TooMany { shared: true, .. }));
        if matches!(status.as_u16(), 401 | 403 | 429) && !shared {
            self.pace.refused();
        }
        failure
    }

    /// An answer, or what its failure means.
    pub fn judged(&self, route: &Route, answer: Result<Value, Failure>) -> Result<Value, SendError> {
        let answer = answer.map_err(|failure| self.judge(route, &failure))?;
        let holds = if route.is_answer() { &[][..] } else { &[TOKEN] };
        for hold in self.outages.works(holds) {
            self.pace.limiter().release(hold);
            tracing::info!(hold, "Discord takes it again; what waited goes on");
        }
        Ok(answer)
    }

    /// What a failure means for its message, and for all that come after it.
    pub fn judge(&self, route: &Route, failure: &Failure) -> SendError {
        let (reason, again) = (failure.reason(), || self.outages.again(self.now()));
        match failure.decision() {
            Decision::Later => SendError::Later { seconds: again(), reason },
            Decision::Unclear => SendError::Unclear { seconds: again(), reason },
            Decision::Busy => {
                let said = if let Failure::TooMany(said) = failure { *said } else { TooMany::default() };
                SendError::Later { seconds: self.pace.too_many(route, &said), reason }
            }
            Decision::Token => SendError::Later { seconds: self.without_token(&reason), reason },
            Decision::NotThere | Decision::Permission => SendError::NotThere(reason),
            Decision::Gone => SendError::Gone(reason),
            Decision::Files => SendError::Files(reason),
            Decision::Content => SendError::Never(reason),
        }
    }

    /// Holds back what needs the token, and tells an operator once. Nothing is given up: a start with a
    /// good one brings it all.
    fn without_token(&self, reason: &str) -> u64 {
        self.pace.limiter().hold(TOKEN, Duration::from_secs(MENDED_SECONDS));
        if self.outages.hold(TOKEN, reason) {
            tracing::error!(
                reason,
                "Discord refuses the bot token: what needs it waits. Reset it at discord.com/developers/applications \
                 under Bot; a new token counts after a restart"
            );
        }
        MENDED_SECONDS
    }
}

/// The address of the API's version 10.
fn base(api_url: &str) -> Result<Url> {
    let unfit = || {
        let why = "use https://discord.com, or http at this machine or in this network";
        Error::Invalid(format!("Discord's address `{api_url}` cannot be used: {why}."))
    };
    let mut url = Url::parse(api_url.trim()).map_err(|_| unfit())?;
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_near(&url))) {
        return Err(unfit());
    }
    let path = url.path().trim_end_matches('/');
    let root = path.strip_suffix("/api/v10").or_else(|| path.strip_suffix("/api")).unwrap_or(path);
    let path = format!("{root}/api/v10/");
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether it is this machine, or one in the same network: an address that leads nowhere outside, or a
/// name that means nothing there.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Some(Host::Domain(name)) => !name.contains('.'),
        None => false,
    }
}

/// Whether it is Discord's own.
fn is_discords(url: &Url) -> bool {
    let own = ["discord.com", "discord.gg", "discordapp.com"];
    let of = |name: &str| own.iter().any(|own| name == *own || name.ends_with(&format!(".{own}")));
    url.host_str().is_some_and(|name| of(name.trim_end_matches('.')))
}

/// With its body; where there are files, as a form ("Reference", Uploading Files).
fn filled(request: RequestBuilder, body: Option<&Value>, files: &[Attached]) -> RequestBuilder {
    let Some(body) = body else { return request };
    if files.is_empty() {
        return request.json(body);
    }
    let typed = |part: Part, media: &str| part.mime_str(media).unwrap_or_else(|_| Part::bytes(Vec::new()));
    let json = typed(Part::text(body.to_string()), "application/json");
    let form = files.iter().enumerate().fold(Form::new().part("payload_json", json), |form, (n, file)| {
        let part = Part::bytes(file.bytes.to_vec()).file_name(file.name.clone());
        form.part(format!("files[{n}]"), typed(part, file.media))
    });
    request.multipart(form)
}

/// Why no answer came. What the library says of it is not repeated: it contains the address.
fn failed(error: &reqwest::Error) -> Failure {
    if error.is_connect() { Failure::Unreachable } else { Failure::NoAnswer }
}

/// What a 429 says in its headers and its body. One without a body of Discord's is of whoever stands
/// before it and has had enough of all of us.
fn too_many(headers: &HeaderMap, body: &[u8]) -> TooMany {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let after = body.as_ref().and_then(|body| seconds(&body["retry_after"].as_f64()?.to_string()));
    let header = headers.get(RETRY_AFTER).and_then(|value| seconds(value.to_str().ok()?));
    let global = body.as_ref().is_none_or(|body| body["global"] == true);
    TooMany {
        after: after.max(header),
        global: global || text("x-ratelimit-global").is_some(),
        shared: text("x-ratelimit-scope") == Some("shared"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_to_discord_by_tls_or_to_machines_nearby() {
        for near in [
            "http://127.0.0.1:9",
            "http://[::1]:9",
            "http://localhost:9",
            "http://discord",
            "http://10.0.0.1",
        ] {
            assert!(base(near).is_ok(), "{near}");
        }
        for unfit in [
            "",
            "discord.com",
            "http://discord.com",
            "http://192.0.2.1",
            "ftp://127.0.0.1",
            "http://discord.com.",
            "http://8.8.8.8",
        ] {
            assert!(base(unfit).is_err(), "{unfit}");
        }
    }

    #[test]
    fn an_address_is_taken_with_as_much_of_its_path_as_there_is() {
        for (url, whole) in [
            ("https://discord.com", "https://discord.com/api/v10/"),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9/api/v10/"),
            ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api/v10/"),
            ("http://127.0.0.1:9/api/v10/", "http://127.0.0.1:9/api/v10/"),
            ("https://x.example/fake/api/v10?a#b", "https://x.example/fake/api/v10/"),
        ] {
            assert_eq!(base(url).unwrap().as_str(), whole);
        }
    }

    #[test]
    fn no_server_but_discords_own_leads_to_discords_gateway() {
        let at = |api_url: &str, named: &str| {
            let settings =
                Settings { token: "t".into(), api_url: api_url.into(), pacing: false, patience: PATIENCE };
            Client::new(&settings, Arc::new(crate::clock::SystemClock)).unwrap().gateway_at(named)
        };
        let (real, fake) = ("https://discord.com", "http://127.0.0.1:9");
        let named = "wss://gateway.discord.gg/?v=10&encoding=json";
        assert_eq!(at(real, named).as_deref(), Some("wss://gateway.discord.gg/"));
        assert_eq!(at(fake, "ws://127.0.0.1:8").as_deref(), Some("ws://127.0.0.1:8/"));
        for far in [named, "wss://GATEWAY.discord.gg:443", "ws://gateway.example", "https://127.0.0.1:8", "x"]
        {
            assert_eq!(at(fake, far), None, "{far}");
        }
        assert_eq!(at(real, "ws://gateway.discord.gg"), None, "not in the clear");
    }

    #[test]
    fn the_longer_of_the_two_times_of_a_429_counts() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            pairs.collect()
        };
        let said = too_many(&headers(&[("retry-after", "65")]), br#"{"retry_after":64.57,"global":false}"#);
        assert_eq!(said, TooMany { after: Some(Duration::from_secs(65)), global: false, shared: false });
        let shared = headers(&[("x-ratelimit-scope", "shared")]);
        let said = too_many(&shared, br#"{"retry_after":1.5}"#);
        assert_eq!((said.after, said.shared), (Some(Duration::from_millis(1_500)), true));
        assert!(too_many(&headers(&[("retry-after", "600")]), b"<h1>error 1015</h1>").global);
    }
}
