//! `soak`: runs the histories of many seeds, or repeats one.

use std::process::ExitCode;

use clap::Parser;
use simulator::command::{Args, run};

fn main() -> std::io::Result<ExitCode> {
    run(&Args::parse())
}
