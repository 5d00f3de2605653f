//! The measurements in sequence.
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use stack::{Engine, Stack, now};

use crate::machine::machine;
use crate::processes::FOLDER;
use crate::{burst, concurrency, cpu, fairness, growth, import, latest, limits, listing, money, parsers};

/// The measurements that can run separately.
const ALONE: [&str; 10] =
    ["money", "cpu", "burst", "growth", "fairness", "import", "parsers", "limits", "listing", "concurrency"];
/// Those of them that need local AWS.
const ON_STACK: [&str; 6] = ["money", "burst", "growth", "fairness", "listing", "concurrency"];

/// Measures and prints. Fails if a burst was not performed exactly once, if a model is far from the measurement, if the
/// planner needs too much memory, or if an import or a parser takes too long; panics if it cannot measure.
pub(crate) async fn run() -> ExitCode {
    let only: Vec<String> = std::env::args().skip(1).collect();
    if let Some(other) = only.iter().find(|only| !ALONE.contains(&only.as_str())) {
        // A failure to write to standard error cannot be reported.
        writeln!(
            io::stderr(),
            "bench: `{other}` cannot be measured separately; these can: {}",
            ALONE.join(", ")
        )
        .ok();
        return ExitCode::FAILURE;
    }
    if measure(&only).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `only`: the parts to measure; if empty, all.
async fn measure(only: &[String]) -> bool {
    let start = Instant::now();
    let is_wanted = |part: &str| only.is_empty() || only.iter().any(|only| only == part);
    say(&format!(
        "make bench{}, {}\n{}\nlocal AWS (MiniStack) and development builds; every call of the functions passes a proxy that \
         counts it\n",
        if only.is_empty() { String::new() } else { format!(" ARGS=\"{}\"", only.join(" ")) },
        now().strftime("%Y-%m-%d %H:%M UTC"),
        machine(),
    ));
    let mut fit = true;
    if is_wanted("limits") {
        // First, while the process is small.
        let limits = limits::run();
        say(&limits.report);
        fit = limits.fit;
    }
    if is_wanted("import") {
        let import = import::run();
        say(&import.report);
        fit &= import.fast;
    }
    if is_wanted("parsers") {
        let parsers = parsers::run();
        say(&parsers.report);
        fit &= parsers.fast;
    }
    if is_wanted("cpu") {
        let cpu = cpu::measure().await;
        say(&cpu.report);
        latest::write(&cpu.figures);
    }
    if !ON_STACK.iter().any(|part| is_wanted(part)) {
        say(&format!("It took {} s.", start.elapsed().as_secs()));
        return fit;
    }
    // The limit of calls must not end the measurement.
    let parameters = [("PortalCallsPerMinute", "100000"), ("ProspectDelay", "3"), ("LogLevel", "WARN")];
    let stack = Stack::behind_proxy(FOLDER, &parameters);
    let engine = Engine::of(stack.outputs.clone()).await;
    let (mut exact, mut credible) = (true, true);
    if is_wanted("money") {
        let money = money::run(&engine).await;
        say(&money.report);
        latest::write(&money.figures);
        credible = money.credible;
    }
    if is_wanted("burst") {
        let burst = burst::run(&engine).await;
        say(&burst.report);
        latest::write(&burst.figures);
        exact = burst.exact;
    }
    if is_wanted("growth") {
        let growth = growth::run(&engine).await;
        say(&growth.report);
        credible &= growth.flat;
    }
    if is_wanted("listing") {
        say(&listing::run(&engine).await);
    }
    if is_wanted("fairness") {
        let fairness = fairness::run(&engine).await;
        say(&fairness.report);
        credible &= fairness.credible;
    }
    // Last, because the stand-in keeps its limit.
    if is_wanted("concurrency") {
        let concurrency = concurrency::run(&engine).await;
        say(&concurrency.report);
        exact &= concurrency.exact;
    }
    drop(stack);
    say(&format!("It took {} s.", start.elapsed().as_secs()));
    exact && credible && fit
}

fn say(text: &str) {
    writeln!(io::stdout(), "{text}").expect("standard output");
}
