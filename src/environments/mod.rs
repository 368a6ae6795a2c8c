//! SLICE: environments.

pub mod actions;
