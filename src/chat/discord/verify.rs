//! Discord's request signature: pure.

use data_encoding::HEXLOWER_PERMISSIVE;
use serenity::interactions_endpoint::Verifier;

use crate::chat::signed::recent;
use crate::clock::Timestamp;

/// The application's public key, as 64 hexadecimal digits; `None` when it is none.
pub fn verifier(public_key: &str) -> Option<Verifier> {
    let bytes = HEXLOWER_PERMISSIVE.decode(public_key.trim().as_bytes()).ok()?;
    Verifier::try_new(bytes.try_into().ok()?).ok()
}

/// Whether Discord signed this very body, not longer ago than five minutes.
///
/// `timestamp` and `signature` are the headers `X-Signature-Timestamp` and `X-Signature-Ed25519`. Discord
/// itself does not ask for freshness: a request that was overheard would else be good for ever.
pub fn verify(
    verifier: &Verifier,
    timestamp: Option<&str>,
    body: &[u8],
    signature: Option<&str>,
    now: Timestamp,
) -> bool {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else { return false };
    // The library reads `+f` as a byte, too.
    let hexadecimal = signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    recent(timestamp, now) && hexadecimal && verifier.verify(signature, timestamp, body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with another program from the seed of thirty-two sevens.
    const KEY: &str = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    const BODY: &[u8] = b"{\"type\":1}";
    const AT: i64 = 1_795_350_000;
    const GOOD: &str = "62e13c30e45e43b13ab45c1d4963f6f8b9d5f9d7ff25df6a45025e67aa15f582409884084f820ce7c253143e9658d5d2292b8406dd9b5ad4c272a108d464090f";

    fn holds(timestamp: &str, body: &[u8], signature: &str, seconds: i64) -> bool {
        let now = Timestamp(seconds * 1000);
        verify(&verifier(KEY).unwrap(), Some(timestamp), body, Some(signature), now)
    }

    #[test]
    fn the_right_signature_holds_for_five_minutes_either_way() {
        for (shift, expected) in [(0, true), (300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(holds(&AT.to_string(), BODY, GOOD, AT + shift), expected, "{shift}");
        }
    }

    #[test]
    fn anything_changed_does_not_verify() {
        let (stamp, plus) = (AT.to_string(), format!("+{}", &GOOD[1..]));
        for (stamp, body, signature) in [
            ("1795350001", BODY, GOOD),
            (" 1795350000", BODY, GOOD),
            ("-1795350000", BODY, GOOD),
            ("1795350000.0", BODY, GOOD),
            ("", BODY, GOOD),
            (&stamp, b"{\"type\":2}", GOOD),
            (&stamp, b"", GOOD),
            (&stamp, BODY, ""),
            (&stamp, BODY, &GOOD[2..]),
            (&stamp, BODY, &GOOD.replace('0', "1")),
            (&stamp, BODY, &plus),
        ] {
            assert!(!holds(stamp, body, signature, AT), "{stamp} {signature}");
        }
        let key = verifier(KEY).unwrap();
        assert!(!verify(&key, None, BODY, Some(GOOD), Timestamp(AT * 1000)));
        assert!(!verify(&key, Some(&stamp), BODY, None, Timestamp(AT * 1000)));
    }

    #[test]
    fn what_is_no_key_verifies_nothing() {
        for key in ["", "00", "zz", &"f".repeat(63), &"0g".repeat(32)] {
            assert!(verifier(key).is_none(), "{key}");
        }
    }
}
