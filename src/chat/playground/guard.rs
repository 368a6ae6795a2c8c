//! Who may speak to the playground: the token, the cookie, Host, Origin, and the headers of every answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    self, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Playground;

/// The name of the cookie.
pub(super) const COOKIE_NAME: &str = "goldenpath_playground";

/// Where the printed address leads.
pub(super) const ENTRANCE: &str = "/playground";

/// The page's look, which the page that refuses shares.
pub(super) const STYLE: &str = "/playground/page.css";

/// The picture in the browser's tab, likewise.
pub(super) const ICON: &str = "/playground/icon.svg";

/// Nothing but our own script, style, pictures and requests; no frames, no other origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Lets a request in when [`check`] does, and marks every answer.
pub(super) async fn guard(
    State(playground): State<Arc<Playground>>,
    request: Request,
    next: Next,
) -> Response {
    let verdict = check(&playground, request.method(), request.uri().path(), request.headers());
    let mut response = match verdict {
        Ok(()) => next.run(request).await,
        Err((status, why)) if request.uri().path() == "/" => super::http::refusal(status, why),
        Err((status, why)) => (status, why).into_response(),
    };
    mark(response.headers_mut());
    response
}

type Refusal = (StatusCode, &'static str);

const LOCKED: &str = "Open the address that the bot printed at its start; it carries the key to this page.";

/// In this order: the address asked for, where the request comes from, the cookie, the kind of body.
fn check(playground: &Playground, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let hosts = Hosts::of(playground.listen());
    let host = only(headers, &HOST).filter(|host| hosts.has(host));
    let Some(host) = host else {
        // A name of somebody else that points here: DNS rebinding.
        return Err((StatusCode::MISDIRECTED_REQUEST, "This address is not the playground's own."));
    };
    let writes = method != Method::GET && method != Method::HEAD;
    same_origin(headers, host, writes)?;
    let open = [ENTRANCE, STYLE, ICON].contains(&path);
    if !open && !cookie_values(headers).any(|value| playground.key.is_cookie(value)) {
        return Err((StatusCode::FORBIDDEN, LOCKED));
    }
    if writes && !is_json(headers) {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json."));
    }
    Ok(())
}

fn same_origin(headers: &HeaderMap, host: &str, writes: bool) -> Result<(), Refusal> {
    let foreign = Err((
        StatusCode::FORBIDDEN,
        "This came from another page. Paste the address into the browser's address bar instead.",
    ));
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let navigates = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    match site {
        None | Some(b"same-origin" | b"none") => {}
        // A page of an environment on another port may link here, and no more.
        Some(b"same-site") if navigates && !writes => {}
        Some(_) => return foreign,
    }
    match headers.get(ORIGIN) {
        None if writes => foreign,
        None => Ok(()),
        Some(_) => match only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://")) {
            Some(origin) if origin == host => Ok(()),
            _ => foreign,
        },
    }
}

/// The value of a header that stands there exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = only(headers, &CONTENT_TYPE).and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn cookie_values(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

fn mark(headers: &mut HeaderMap) {
    let marks = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in marks {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// The addresses under which a browser on this machine reaches the listener.
struct Hosts {
    names: [String; 4],
    port: u16,
}

impl Hosts {
    fn of(listen: SocketAddr) -> Self {
        let own = match listen.ip() {
            std::net::IpAddr::V4(ip) => ip.to_string(),
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Hosts { names: [own, "localhost".into(), "127.0.0.1".into(), "[::1]".into()], port: listen.port() }
    }

    /// A browser leaves port 80 out.
    fn has(&self, host: &str) -> bool {
        self.names.iter().any(|name| match host.strip_prefix(name.as_str()) {
            Some("") => self.port == 80,
            Some(rest) => rest == format!(":{}", self.port),
            None => false,
        })
    }
}

/// The start's token, and the cookie derived from it.
pub(super) struct Key(String);

impl Key {
    pub fn new(token: String) -> Self {
        Key(token)
    }

    /// For the printed address alone.
    pub fn token(&self) -> &str {
        &self.0
    }

    /// Whether this is the token, found out in the same time whatever is in it.
    /// An empty token opens nothing.
    pub fn is_token(&self, given: &str) -> bool {
        let given = self.mac("token", given).finalize().into_bytes();
        !self.0.is_empty() && self.mac("token", &self.0).verify_slice(&given).is_ok()
    }

    /// What the browser keeps: it opens the page, and does not tell the token.
    pub fn cookie(&self) -> String {
        HEXLOWER.encode(&self.mac("cookie", "").finalize().into_bytes())
    }

    fn is_cookie(&self, given: &str) -> bool {
        let Ok(given) = HEXLOWER.decode(given.as_bytes()) else { return false };
        !self.0.is_empty() && self.mac("cookie", "").verify_slice(&given).is_ok()
    }

    fn mac(&self, what: &str, about: &str) -> Hmac<Sha256> {
        // HMAC pads or hashes the key, so that every length is accepted and this never falls back.
        let key = self.0.as_bytes();
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key);
        let mac = mac.unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()));
        mac.chain_update(what).chain_update([0]).chain_update(about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_differs_from_the_token_and_each_opens_its_own_door() {
        let key = Key::new("secret".into());
        assert!(key.is_token("secret") && !key.is_token("Secret") && !key.is_token(""));
        assert!(key.is_cookie(&key.cookie()) && !key.is_cookie("secret"));
        assert_ne!(key.cookie(), Key::new("other".into()).cookie());
        let empty = Key::new(String::new());
        assert!(!empty.is_token("") && !empty.is_cookie(&empty.cookie()));
    }

    #[test]
    fn only_the_listeners_own_addresses_are_hosts() {
        let hosts = Hosts::of(([192, 0, 2, 7], 8420).into());
        for host in ["192.0.2.7:8420", "localhost:8420", "127.0.0.1:8420", "[::1]:8420"] {
            assert!(hosts.has(host), "{host}");
        }
        for host in ["localhost", "localhost:84200", "localhost.evil:8420", "evil.example:8420", ""] {
            assert!(!hosts.has(host), "{host}");
        }
        assert!(Hosts::of(([127, 0, 0, 1], 80).into()).has("localhost"));
    }
}
