//! The measurements in turn.
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use stack::{Engine, Stack, now};

use crate::machine::machine;
use crate::{burst, concurrency, cost, fairness, import, limits, listing, steady};

/// What is measured by itself, where that is asked for.
const ALONE: [&str; 5] = ["fairness", "import", "limits", "listing", "concurrency"];

/// Measures and prints. It fails where a burst was not performed exactly once, where a model is far from what was
/// measured, where the planner needs more memory than it may, and where an import takes too long; it panics where it cannot measure.
pub(crate) async fn run() -> ExitCode {
    let only = std::env::args().nth(1);
    if let Some(other) = only.as_deref().filter(|only| !ALONE.contains(only)) {
        // Where there is no standard error, there is nobody to tell.
        writeln!(io::stderr(), "bench: `{other}` is not measured by itself; {} are", ALONE.join(", ")).ok();
        return ExitCode::FAILURE;
    }
    if measure(only.as_deref()).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(only: Option<&str>) -> bool {
    let start = Instant::now();
    let is_wanted = |part: &str| only.is_none_or(|only| only == part);
    say(&format!(
        "make bench{}, {}\n{}\nlocal AWS (MiniStack) and development builds; every call of the functions passes a proxy that \
         counts it\n",
        only.map(|only| format!(" ARGS={only}")).unwrap_or_default(),
        now().strftime("%Y-%m-%d %H:%M UTC"),
        machine(),
    ));
    let mut fit = true;
    if is_wanted("limits") {
        // First, while the process is small.
        let limits = limits::run();
        say(&limits.report);
        fit = limits.fit;
        if only.is_some() {
            return fit;
        }
    }
    if is_wanted("import") {
        let import = import::run();
        say(&import.report);
        fit &= import.fast;
        if only.is_some() {
            return fit;
        }
    }
    // A merchant may list as often as it is measured.
    let stack = Stack::behind_proxy("bench", &[("PortalCallsPerMinute", "100000")]);
    let engine = Engine::of(stack.outputs.clone()).await;
    let mut exact = only.is_some() || what_passes(&engine).await;
    if is_wanted("listing") {
        say(&listing::run(&engine).await);
    }
    let mut credible = true;
    if is_wanted("fairness") {
        let fairness = fairness::run(&engine).await;
        say(&fairness.report);
        credible = fairness.credible;
    }
    // Last, because the stand-in stays as narrow as it makes it.
    if is_wanted("concurrency") {
        let concurrency = concurrency::run(&engine).await;
        say(&concurrency.report);
        exact &= concurrency.exact;
    }
    drop(stack);
    say(&format!("It took {} s.", start.elapsed().as_secs()));
    exact && credible && fit
}

/// Cost and burst; whether the burst was performed exactly once.
async fn what_passes(engine: &Engine) -> bool {
    say(&cost::report(&steady::run(engine).await));
    let burst = burst::run(engine).await;
    say(&burst.report);
    burst.exact
}

fn say(text: &str) {
    writeln!(io::stdout(), "{text}").expect("standard output");
}
