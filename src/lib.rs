//! Goldenpath: a ChatOps bot that runs a company's internal platform as a product.
//!
//! # The code map
//!
//! One path for everything a person does: a platform in [`chat`] makes an
//! `Invocation`, [`commands`] authorizes, parses and calls a slice's handler,
//! the handler's unit of work ([`db`]) decides and enqueues ([`jobs`]), and the
//! `Reply` goes back through the platform's renderer.
//!
//! - Edges: [`chat`] (people talk to us), [`web`] (HTTP), [`drivers`] (the outside that steps act on).
//! - Slices: [`people`], [`catalog`], [`environments`], [`surveys`], [`stats`], [`roadmap`].
//! - Ground: [`db`], [`jobs`], [`facts`], [`audit`], [`access`], [`keys`], [`templating`],
//!   [`clock`], [`zone`], [`cron`](mod@cron), [`moment`], [`ids`], [`error`], [`diagnostic`], [`duration`], [`metrics`],
//!   [`statistics`], [`disclosure`], [`config`], [`content`].
//! - [`check`] reads what operators write, before they install it.
//! - [`app`] builds everything and is used by [`cli`] and tests alone.
//!
//! Edges know nothing of features, features know nothing of platforms, and
//! they meet in neutral values; `tests/it/architecture.rs` holds that.

pub mod access;
pub mod app;
pub mod audit;
pub mod catalog;
pub mod chat;
pub mod check;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod content;
pub mod cron;
pub mod db;
pub mod diagnostic;
pub mod disclosure;
pub mod drivers;
pub mod duration;
pub mod environments;
pub mod error;
pub mod facts;
pub mod ids;
pub mod jobs;
pub mod keys;
pub mod metrics;
pub mod moment;
pub mod people;
pub mod privacy;
pub mod roadmap;
pub mod statistics;
pub mod stats;
pub mod surveys;
pub mod templating;
pub mod web;
pub mod zone;
