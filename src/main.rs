//! The thin binary: all work is in the library.

fn main() {}
