//! The one integration binary: each area is a module.

mod architecture;
mod check;
mod conversations;
mod directory;
mod drivers;
mod durability;
mod examples;
mod fake_slack;
mod generated;
mod golden_paths;
mod harness;
mod jobs;
mod lint;
mod once;
mod operating;
mod outages;
mod outbound;
mod outbox;
mod people;
mod pictures;
mod playground;
mod samples;
mod slack;
mod slack_events;
mod slack_render;
mod startup;
