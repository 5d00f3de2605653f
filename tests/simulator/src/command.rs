//! The command line.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use crate::coverage;
use crate::report::Kind;
use crate::soak::{Plan, Soaked, explain, run as run_one, soak};

/// The seeds that run before their sum is printed.
const BATCH: u64 = 1_000;
/// The same, if the long history of each seed runs.
const LONG_BATCH: u64 = 20;
/// A run that ends at the first violation looks for one after so much less.
const FIRST: u64 = 10;
/// The most failures of a batch that are explained.
const MOST_SHOWN: usize = 3;
/// The long history of one seed in so many runs.
const LONG_EVERY: u64 = 50;

/// Runs the histories of many seeds, and prints each invariant that does not hold with the shortest history that shows
/// it. Exits with 1 if there is one.
#[derive(Debug, Parser)]
#[command(name = "soak", version)]
pub struct Args {
    /// The number of seeds; without it, histories run until Ctrl-C
    #[arg(long, conflicts_with = "seed")]
    pub seeds: Option<u64>,

    /// The first seed
    #[arg(long, default_value_t = 0)]
    pub from: u64,

    /// Repeats the history of one seed
    #[arg(long)]
    pub seed: Option<u64>,

    /// Runs the long history of every seed, and no short one
    #[arg(long)]
    pub long: bool,

    /// Runs no long history
    #[arg(long, conflicts_with = "long")]
    pub short: bool,

    /// The number of threads
    #[arg(long, default_value_t = 2)]
    pub threads: u64,

    /// Ends at the first violation, and does not look for the shortest history that shows it
    #[arg(long)]
    pub first: bool,
}

/// Runs what the arguments say.
///
/// # Errors
/// The output was closed.
pub fn run(args: &Args) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if let Some(seed) = args.seed {
        let failures: Vec<_> =
            [Kind::Short, Kind::Long].into_iter().filter_map(|kind| explain(seed, kind)).collect();
        for failure in &failures {
            writeln!(out, "{failure}\n")?;
        }
        writeln!(out, "seeds 1, violations {}", failures.len())?;
        return Ok(code(failures.is_empty()));
    }
    let (began, mut sum) = (Instant::now(), Soaked::default());
    let end = args.seeds.map_or(u64::MAX, |seeds| args.from.saturating_add(seeds));
    let mut next = args.from;
    while next < end && (!args.first || sum.failed.is_empty()) {
        let (size, long_every) = match args {
            Args { long: true, .. } => (LONG_BATCH, Some(1)),
            Args { short: true, .. } => (BATCH, None),
            _ => (BATCH, Some(LONG_EVERY)),
        };
        let size = if args.first { size / FIRST } else { size };
        let until = next.saturating_add(size).min(end);
        let plan = Plan { seeds: next..until, short: !args.long, long_every };
        let batch = soak(&plan, args.threads.max(1));
        for (seed, kind) in batch.failed.iter().take(if args.first { 0 } else { MOST_SHOWN }) {
            if let Some(failure) = explain(*seed, *kind) {
                writeln!(out, "{failure}\n")?;
            }
        }
        sum.merge(batch);
        next = until;
        let (seconds, days) = (began.elapsed().as_secs_f64(), sum.simulated.as_secs() / 86_400);
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = sum.seeds as f64 / seconds;
        writeln!(
            out,
            "{rate:.1} seeds/s, {} seeds, {} long histories, {days} simulated days",
            sum.seeds, sum.long
        )?;
        out.flush()?;
    }
    if args.first
        && let Some((seed, kind)) = sum.failed.first()
    {
        let violation = run_one(*seed, *kind).violation.unwrap_or_default();
        writeln!(out, "first violation: seed {seed}, its {kind} history: {violation}")?;
    }
    let missing = coverage::missing(&sum.reached);
    if !missing.is_empty() {
        writeln!(out, "not reached: {}", missing.join(", "))?;
    }
    writeln!(out, "seeds {}, violations {}", sum.seeds, sum.failed.len())?;
    Ok(code(sum.failed.is_empty()))
}

fn code(holds: bool) -> ExitCode {
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
