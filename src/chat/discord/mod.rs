//! EDGE: Discord, over signed HTTP requests and over its gateway.
//!
//! Invariants: nothing is read before its signature held; a payload is read leniently, one member
//! at a time, and means the same whichever way it came; what a person typed never acts as markup or
//! mentions anybody; no token of an interaction is logged. Deliberately absent: features and the database.

pub mod address;
pub mod client;
pub mod components;
mod errors;
pub mod form;
pub mod limits;
pub mod manifest;
pub mod outbound;
mod pace;
mod pages;
pub mod register;
pub mod render;
mod sheets;
mod table;
pub mod text;
pub mod tree;
pub mod typed;
pub mod verify;

/// The platform's name.
pub const PLATFORM: &str = "discord";
