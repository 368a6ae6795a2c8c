//! All SQL of the roadmap.

pub(super) mod feedback;
