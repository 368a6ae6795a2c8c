//! The one integration binary.

mod golden_paths;
