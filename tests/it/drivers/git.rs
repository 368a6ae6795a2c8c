//! `publish:git` with the real git.
