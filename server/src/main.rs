//! `giaoban`: one binary for the schedule, the rooms and the browser UI.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    server::cli::run(server::cli::Cli::parse())
}
