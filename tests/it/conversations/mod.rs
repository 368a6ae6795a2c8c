//! Conversations: what people type and press, and what they read.

mod actions;
mod answers;
mod catalog;
mod environments;
mod extremes;
mod failures;
mod feedback;
mod home;
mod inbound;
mod lookups;
mod menu;
mod moments;
mod oblivion;
mod outages;
mod privacy;
mod reconcile;
mod repair;
mod roadmap;
mod settings;
mod side_by_side;
mod stats;
mod story;
mod stuck;
mod surveys;
mod warnings;
mod waves;
