//! `giaoban`: one binary for the schedule, the rooms and the browser UI.

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    server::cli::run(server::cli::Cli::parse())
}
