//! The `enface` program: parse the command line, run it, report the error chain once.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use enface::cli::Cli;

/// Exit code of anything that went wrong but the command line itself, for which clap exits with 2.
const FAILURE: u8 = 1;

fn main() -> ExitCode {
    let Err(error) = Cli::parse().run() else {
        return ExitCode::SUCCESS;
    };
    if is_broken_pipe(&error) {
        return ExitCode::SUCCESS;
    }
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "enface: {error:#}");
    ExitCode::from(FAILURE)
}

/// Whether the reader of our output went away, as `head` does: not a failure of ours.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
