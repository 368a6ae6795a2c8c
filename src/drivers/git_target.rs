//! Where `publish:git` may push to, and what of an address may be shown.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use url::Url;

use super::paths::shown;

/// Where to push.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A bare repository in our own folder of repositories; made when missing.
    Own(PathBuf),
    /// One that somebody else made.
    Foreign(Remote),
}

/// An address without its secret, and the secret apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remote {
    pub url: String,
    /// Sent to this address only, and never shown.
    pub secret: Option<Secret>,
}

#[derive(PartialEq, Eq)]
pub(super) struct Secret {
    /// The value of the header `Authorization`.
    pub header: String,
    password: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Remote {
    /// Takes the secret out of what a program said.
    pub fn redact(&self, said: &str) -> String {
        let Some(secret) = &self.secret else { return said.to_owned() };
        let encoded = secret.header.trim_start_matches("Basic ");
        [secret.password.as_str(), encoded]
            .iter()
            .filter(|word| !word.is_empty())
            .fold(said.to_owned(), |said, word| said.replace(word, "***"))
    }
}

impl Target {
    /// The repository of an environment that names none.
    pub fn named(repos: &Path, name: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(plain) {
            return Err(format!("`{}` cannot name a repository; use letters, digits and `-`", shown(name)));
        }
        Ok(Target::Own(repos.join(format!("{name}.git"))))
    }

    /// The repository that a template names. `repos` is a real path.
    pub fn given(repos: &Path, given: &str, any_path: bool) -> Result<Self, String> {
        if given.starts_with('-') || given.chars().any(char::is_control) {
            return Err(unusable(given));
        }
        if Path::new(given).is_absolute() {
            return local(repos, Path::new(given), any_path);
        }
        let url = Url::parse(given).map_err(|_| unusable(given))?;
        match url.scheme() {
            // What is written `ext::…` or `host:path` parses as a URL too, one without `//`.
            _ if !given.contains("://") => Err(unusable(given)),
            "file" => {
                let path = url.to_file_path().map_err(|()| unusable(given))?;
                local(repos, &path, any_path)
            }
            "https" | "ssh" => remote(url).ok_or_else(|| unusable(given)),
            _ => Err(unusable(given)),
        }
    }
}

/// Where the files are looked at. Hosts of the web agree on it but for one family.
pub(super) fn contents_url(url: &str, branch: &str) -> String {
    if !url.starts_with("https://") {
        return url.to_owned();
    }
    let infix = if url.contains("gitlab") { "/-/blob" } else { "/blob" };
    format!("{}{infix}/{branch}", url.trim_end_matches('/').trim_end_matches(".git"))
}

/// An address that could hold a password is not repeated: not even one that cannot be read.
fn unusable(given: &str) -> String {
    let named = if given.contains('@') { String::new() } else { format!(" `{}`", shown(given)) };
    format!(
        "the address{named} of the repository cannot be used; write `https://HOST/PATH`, \
         `ssh://git@HOST/PATH` or leave it out for a repository of its own"
    )
}

fn local(repos: &Path, path: &Path, any_path: bool) -> Result<Target, String> {
    let (parent, name) = match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
        (Some(parent), Some(name)) => (parent.canonicalize(), name),
        _ => return Err(unusable(&path.to_string_lossy())),
    };
    let linked = path.is_symlink();
    if parent.is_ok_and(|parent| parent == repos) && !linked {
        let stem =
            name.strip_suffix(".git").ok_or("a repository in the folder of repositories ends in `.git`")?;
        return Target::named(repos, stem);
    }
    match path.canonicalize() {
        Ok(real) if any_path => {
            let url = real.to_str().ok_or_else(|| unusable("with other letters than UTF-8"))?.to_owned();
            Ok(Target::Foreign(Remote { url, secret: None }))
        }
        Ok(_) | Err(_) => Err(format!(
            "the repository `{}` is not in the folder of repositories; an admin can allow other paths",
            shown(&path.to_string_lossy())
        )),
    }
}

fn remote(mut url: Url) -> Option<Target> {
    if !url.host_str().is_some_and(|host| !host.is_empty() && !host.starts_with('-')) {
        return None;
    }
    let decoded = |text: &str| url_decoded(text);
    let (user, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    url.set_password(None).ok()?;
    // The user of ssh is part of the address; that of https may itself be a token.
    let secret = if url.scheme() == "https" && !(user.is_empty() && password.is_empty()) {
        url.set_username("").ok()?;
        let header = format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()));
        Some(Secret { header, password: if password.is_empty() { user } else { password } })
    } else {
        None
    };
    if url.username().starts_with('-') {
        return None;
    }
    Some(Target::Foreign(Remote { url: url.into(), secret }))
}

fn url_decoded(text: &str) -> String {
    // `+` stands for itself in this part of an address.
    let pair = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(address: &str) -> Result<Target, String> {
        Target::given(Path::new("/nowhere/repos"), address, false)
    }

    #[test]
    fn other_transports_and_options_are_refused() {
        for address in [
            "ext::sh -c touch% x",
            "-oProxyCommand=x",
            "--upload-pack=x",
            "http://host.example/a",
            "git@host.example:a",
            "ssh://-oProxyCommand=x/a",
            "ssh://-x@host.example/a",
            "fd::3",
            "fd://3",
            "file://other.example/a",
            "https:///",
            "relative/path",
            "",
            "https://host.example/a\nb",
        ] {
            assert!(given(address).is_err(), "{address}");
        }
    }

    #[test]
    fn a_secret_is_taken_out_of_the_address_and_of_what_is_said() {
        let Ok(Target::Foreign(remote)) = given("https://ada:p%40ss+1@host.example/a.git") else { panic!() };
        assert_eq!(remote.url, "https://host.example/a.git");
        let header = remote.secret.as_ref().unwrap().header.clone();
        assert_eq!(header, format!("Basic {}", BASE64.encode(b"ada:p@ss+1")));
        assert_eq!(remote.redact(&format!("for p@ss+1 {header}")), "for *** Basic ***");
        assert!(!format!("{remote:?}").contains("p@ss"));
        assert!(!given("htps://ada:hunter2@host.example/a").unwrap_err().contains("hunter2"));
    }

    #[test]
    fn a_token_alone_is_a_secret_and_the_user_of_ssh_is_none() {
        let Ok(Target::Foreign(remote)) = given("https://token123@host.example/a") else { panic!() };
        assert_eq!(
            (remote.url.as_str(), remote.redact("token123").as_str()),
            ("https://host.example/a", "***")
        );
        let Ok(Target::Foreign(remote)) = given("ssh://git:secret@host.example/a") else { panic!() };
        assert_eq!(remote, Remote { url: "ssh://git@host.example/a".into(), secret: None });
    }

    #[test]
    fn local_paths_stay_in_the_folder_of_repositories() {
        let holder = tempfile::tempdir().unwrap();
        let repos = holder.path().canonicalize().unwrap();
        std::os::unix::fs::symlink("/", repos.join("link.git")).unwrap();
        let at = |path: &Path, any| Target::given(&repos, path.to_str().unwrap(), any);
        assert_eq!(at(&repos.join("a.git"), false), Ok(Target::Own(repos.join("a.git"))));
        for out in ["/", "/etc", "/etc/../etc/x.git"] {
            assert!(at(Path::new(out), false).is_err(), "{out}");
        }
        for odd in ["link.git", "sub/a.git", "a", "../a.git", ".git"] {
            assert!(at(&repos.join(odd), false).is_err(), "{odd}");
        }
        assert!(matches!(at(holder.path().parent().unwrap(), true), Ok(Target::Foreign(_))));
    }

    #[test]
    fn the_contents_stand_where_the_host_shows_them() {
        assert_eq!(contents_url("https://h.example/o/r.git", "main"), "https://h.example/o/r/blob/main");
        assert_eq!(
            contents_url("https://gitlab.example/o/r", "dev"),
            "https://gitlab.example/o/r/-/blob/dev"
        );
        assert_eq!(contents_url("file:///r/a.git", "main"), "file:///r/a.git");
    }
}
