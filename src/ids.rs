//! Ids and randomness, injected: prefixed text ids made from one seeded source.

use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};

/// Crockford's base 32 in lower case: no letter that reads like another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The source of ids and of every other random value.
pub struct Ids(Mutex<StdRng>);

impl Ids {
    /// Seeded by the operating system.
    #[expect(clippy::disallowed_methods, reason = "the one place that seeds from the system")]
    pub fn from_system() -> Self {
        Ids(Mutex::new(StdRng::from_rng(&mut rand::rng())))
    }

    /// A repeatable source, for tests.
    pub fn seeded(seed: u64) -> Self {
        Ids(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// A new id, `PREFIX_` and 16 characters of base 32 (80 random bits).
    pub fn new_id(&self, prefix: &str) -> String {
        let bytes: [u8; 16] = self.bytes();
        let tail: String = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
        format!("{prefix}_{tail}")
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut source = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut bytes = [0; N];
        source.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_ids_and_two_ids_differ() {
        let (a, b) = (Ids::seeded(7), Ids::seeded(7));
        let first = a.new_id("env");
        assert_eq!(first, b.new_id("env"));
        assert_ne!(first, a.new_id("env"));
        assert!(first.starts_with("env_") && first.len() == 20);
    }
}
