//! The integration tests: one binary, a module an area.

mod harness;
mod slack;
mod slack_render;
