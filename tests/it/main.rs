//! The one integration binary: each area is a module.

mod architecture;
mod drivers;
