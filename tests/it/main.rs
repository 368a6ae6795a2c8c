//! The one integration binary: each area is a module.

mod architecture;
mod conversations;
mod drivers;
mod golden_paths;
mod harness;
mod slack;
mod slack_render;
mod startup;
