//! Goldenpath: a ChatOps bot that runs a company's internal platform as a product.

pub mod access;
pub mod audit;
pub mod chat;
pub mod clock;
pub mod commands;
pub mod db;
pub mod diagnostic;
pub mod drivers;
pub mod duration;
pub mod error;
pub mod facts;
pub mod ids;
pub mod jobs;
pub mod keys;
pub mod people;
