//! Slack's request signature: pure.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::chat::signed::recent;
use crate::clock::Timestamp;

/// Whether Slack signed this very body with `secret`, not longer ago than five minutes.
///
/// `timestamp` and `signature` are the headers `X-Slack-Request-Timestamp` and
/// `X-Slack-Signature`. An empty secret verifies nothing: everybody knows it.
pub fn verify(
    secret: &str,
    timestamp: Option<&str>,
    body: &[u8],
    signature: Option<&str>,
    now: Timestamp,
) -> bool {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else { return false };
    !secret.is_empty() && recent(timestamp, now) && signed(secret, timestamp, body, signature)
}

fn signed(secret: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let Some(hex) = signature.strip_prefix("v0=") else { return false };
    let Ok(claimed) = data_encoding::HEXLOWER.decode(hex.as_bytes()) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    for part in [b"v0:", timestamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    mac.verify_slice(&claimed).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "our-own-signing-secret";
    const BODY: &[u8] = "payload=%7B%22a%22%3A1%7D&x=größe".as_bytes();
    const AT: i64 = 1_795_350_000;
    /// Computed with another program: `openssl dgst -sha256 -hmac`.
    const GOOD: &str = "v0=56408b2ef86d3bd7028d636dca619e5480d777ac7054df9b37d2d7ae2f30863e";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000 + 999)
    }

    #[test]
    fn the_right_signature_holds_for_five_minutes_either_way() {
        for (shift, holds) in [(0, true), (300, true), (301, false), (-300, true), (-301, false)] {
            let stamp = AT.to_string();
            assert_eq!(verify(SECRET, Some(&stamp), BODY, Some(GOOD), at(AT + shift)), holds, "{shift}");
        }
    }

    #[test]
    fn anything_changed_does_not_verify() {
        let stamp = "1795350000";
        let upper = GOOD.to_uppercase().replace("V0", "v0");
        let other = GOOD.replace("v0=", "v1=");
        let cases: [(&str, &str, &[u8], Option<&str>); 9] = [
            ("other", stamp, BODY, Some(GOOD)),
            ("", stamp, BODY, Some(GOOD)),
            (SECRET, "1795350001", BODY, Some(GOOD)),
            (SECRET, "+1795350000", BODY, Some(GOOD)),
            (SECRET, stamp, b"", Some(GOOD)),
            (SECRET, stamp, BODY, Some(&GOOD[..GOOD.len() - 2])),
            (SECRET, stamp, BODY, Some(&upper)),
            (SECRET, stamp, BODY, Some(&other)),
            (SECRET, stamp, BODY, None),
        ];
        for (secret, stamp, body, signature) in cases {
            assert!(!verify(secret, Some(stamp), body, signature, at(AT)), "{secret} {stamp} {signature:?}");
        }
    }

    #[test]
    fn garbled_times_are_refused_without_a_fuss() {
        for stamp in ["", " ", "now", "-1", "99999999999999999999999", "1795350000.5", "１７９５３５００００"]
        {
            assert!(!verify(SECRET, Some(stamp), BODY, Some(GOOD), at(AT)), "{stamp}");
        }
        assert!(!verify(SECRET, None, BODY, Some(GOOD), at(AT)));
    }
}
