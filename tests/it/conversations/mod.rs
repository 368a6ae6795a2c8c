//! Conversations: what people type and press, and what they read.

mod environments;
mod menu;
mod surveys;
