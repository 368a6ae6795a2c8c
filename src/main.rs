//! The thin binary: all work is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    goldenpath::cli::main()
}
