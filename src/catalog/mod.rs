//! SLICE: golden-path templates.

pub mod yaml;
