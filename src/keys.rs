//! Keys: one master key in a file of its own, and what is derived from it.

use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::{Error, Result};
use crate::ids::Ids;

/// The keys of this installation. Never printed, never in the database.
pub struct Keys {
    master: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// HMAC-SHA-256 of `message` under `key`.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length (RFC 2104), so this cannot fail; an empty key would still be a key.
    let mac =
        Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes());
    mac.map(Into::into).unwrap_or([0; 32])
}

impl Keys {
    /// Reads the key file, or makes it with mode 0600 when it is missing.
    ///
    /// # Errors
    /// A file that cannot be read or written, that others may read, or that is no key.
    pub fn load_or_create(path: &Path, ids: &Ids) -> Result<Keys> {
        match std::fs::File::open(path) {
            Ok(file) => read(path, file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path, ids),
            Err(error) => Err(unusable(path, &error.to_string())),
        }
    }

    /// A key for one purpose.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac(&self.master, purpose.as_bytes())
    }

    /// What the database remembers of the key, to notice a changed one.
    pub fn fingerprint(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.derive("fingerprint")[..8])
    }

    /// Encrypts `secret` for storage under `purpose` (ChaCha20-Poly1305, the nonce in front).
    pub fn wrap(&self, purpose: &str, secret: &[u8], nonce: [u8; 12]) -> Result<Vec<u8>> {
        let cipher = ChaCha20Poly1305::new(&self.derive("wrap").into());
        let payload = Payload { msg: secret, aad: purpose.as_bytes() };
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| Error::internal("a key cannot be wrapped"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Undoes [`Keys::wrap`].
    pub fn unwrap(&self, purpose: &str, wrapped: &[u8]) -> Result<Vec<u8>> {
        let opened = wrapped.split_at_checked(12).and_then(|(nonce, sealed)| {
            let nonce: [u8; 12] = nonce.try_into().ok()?;
            let cipher = ChaCha20Poly1305::new(&self.derive("wrap").into());
            cipher.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: purpose.as_bytes() }).ok()
        });
        opened.ok_or_else(|| Error::internal("a stored key does not open with this key file"))
    }
}

fn read(path: &Path, mut file: std::fs::File) -> Result<Keys> {
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(unusable(path, &format!("others may read it; run: chmod 600 {}", path.display())));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| unusable(path, &error.to_string()))?;
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).unwrap_or_default();
    let master = bytes.try_into().map_err(|_| unusable(path, "it does not hold 64 hexadecimal digits"))?;
    Ok(Keys { master })
}

fn create(path: &Path, ids: &Ids) -> Result<Keys> {
    let master: [u8; 32] = ids.bytes();
    let text = data_encoding::HEXLOWER.encode(&master);
    let file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{text}").and_then(|()| file.sync_all()));
    written.map_err(|error| unusable(path, &error.to_string()))?;
    Ok(Keys { master })
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::Unavailable(format!("The key file {} cannot be used: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_kept_private_and_wraps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let keys = Keys::load_or_create(&path, &Ids::seeded(1)).unwrap();
        let again = Keys::load_or_create(&path, &Ids::seeded(2)).unwrap();
        assert_eq!(keys.fingerprint(), again.fingerprint());
        let wrapped = keys.wrap("wave", b"secret", [3; 12]).unwrap();
        assert_eq!(again.unwrap("wave", &wrapped).unwrap(), b"secret");
        assert!(again.unwrap("other", &wrapped).is_err());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_with_the_fix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "00".repeat(32)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = Keys::load_or_create(&path, &Ids::seeded(1)).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}
