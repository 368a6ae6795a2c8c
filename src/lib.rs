//! Goldenpath: a ChatOps bot that runs a company's internal platform as a product.

pub mod catalog;
pub mod chat;
pub mod clock;
pub mod diagnostic;
pub mod drivers;
pub mod environments;
pub mod error;
pub mod ids;
pub mod templating;
