//! The code that joins two accounts: pure.
//!
//! Why is it not drawn by lot? It follows from the request that asked for it, under a key that only
//! this installation has. So a request that comes twice gives the same code twice, and what is
//! stored need not hold it.

use serde_json::json;

use crate::chat::inbound::Identity;
use crate::keys::hmac;

/// Sixteen letters, none of which reads or sounds like another or makes a word.
const LETTERS: &[u8; 16] = b"BCDFGHJKMPQRTVWX";
/// Of a code: with four bits each there are 2³² of them, for five tries an hour.
const LENGTH: usize = 8;

/// The code of one request of an account, `KTWX-BCDF`.
pub fn code(secret: &[u8; 32], who: &Identity, delivery: &str) -> String {
    let text = json!(["code", who.platform, who.workspace, who.user, delivery]).to_string();
    let bytes = hmac(secret, text.as_bytes());
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 16)])).take(LENGTH);
    let code: String = letters.collect();
    format!("{}-{}", &code[..LENGTH / 2], &code[LENGTH / 2..])
}

/// What is stored of a code, however it was typed: in small letters, with spaces, without the `-`.
pub fn hash(secret: &[u8; 32], typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric);
    let code: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    let text = json!(["hash", code]).to_string();
    data_encoding::HEXLOWER.encode(&hmac(secret, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_one_code_and_another_request_another() {
        let ada = Identity::new("slack", "T1", "U1");
        let (first, again) = (code(&[1; 32], &ada, "d1"), code(&[1; 32], &ada, "d1"));
        assert_eq!(first, again);
        assert_ne!(first, code(&[1; 32], &ada, "d2"));
        assert_ne!(first, code(&[2; 32], &ada, "d1"));
        assert!(first.len() == 9 && first.bytes().all(|b| b == b'-' || LETTERS.contains(&b)), "{first}");
    }

    #[test]
    fn a_code_is_known_however_it_is_typed_and_under_its_key_alone() {
        let kept = hash(&[1; 32], "KTWX-BCDF");
        assert_eq!(kept, hash(&[1; 32], " ktwx bcdf"));
        assert_ne!(kept, hash(&[2; 32], "KTWX-BCDF"));
        assert_ne!(kept, hash(&[1; 32], "KTWX-BCDG"));
    }
}
