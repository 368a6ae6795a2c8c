//! The one integration binary: each area is a module.

mod architecture;
mod drivers;
mod harness;
mod slack;
mod slack_render;
