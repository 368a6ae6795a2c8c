//! All SQL of the roadmap.

pub(super) mod evidence;
pub(super) mod feedback;
pub(super) mod items;
