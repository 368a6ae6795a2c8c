//! Conversations: what people type and press, and what they read.

mod environments;
mod menu;
mod outputs;
mod privacy;
mod side_by_side;
mod surveys;
