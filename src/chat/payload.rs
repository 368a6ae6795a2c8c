//! Reading what a platform sends, one member at a time: pure, and lenient.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The words at `path`: a text that is not empty, or a number as one. U+0000 means nothing to
/// people, and PostgreSQL stores no text with it.
pub fn text(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, name| value.get(name))?;
    let words = match found {
        Value::String(text) => text.replace('\0', ""),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!words.is_empty()).then_some(words)
}

/// Stands for a whole body where the platform gave nothing better to know a delivery by.
pub fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)[..16])
}
