//! The four measurements in turn.
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use crate::clock::now;
use crate::engine::Engine;
use crate::failed::Failed;
use crate::machine::machine;
use crate::stack::Stack;
use crate::{burst, cost, fairness, listing, steady};

/// Measures and prints. It fails where it cannot measure, where the burst was not performed exactly once, and where a model
/// is far from what was measured.
pub(crate) async fn run() -> ExitCode {
    match measure().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failed) => {
            let mut causes = vec![failed.to_string()];
            let mut cause = failed.source();
            while let Some(source) = cause {
                causes.push(source.to_string());
                cause = source.source();
            }
            // Where there is no standard error, there is nobody to tell.
            writeln!(io::stderr(), "bench: {}", causes.join(": ")).ok();
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<bool, Failed> {
    let start = Instant::now();
    let only = std::env::args().nth(1);
    if let Some(other) = only.as_deref().filter(|only| !["fairness", "listing"].contains(only)) {
        return Err(Failed::new(format!(
            "`{other}` is not measured by itself; `fairness` and `listing` are"
        )));
    }
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    say(&format!(
        "make bench{}, {}\n{}\nlocal AWS (MiniStack) and development builds; every call of the functions passes a proxy that \
         counts it\n",
        only.as_ref().map(|only| format!(" ARGS={only}")).unwrap_or_default(),
        now().strftime("%Y-%m-%d %H:%M UTC"),
        machine(),
    ))?;
    let stack = Stack::start()?;
    let engine = Engine::of(&stack.outputs).await?;
    let exact = only.is_some() || what_passes(&engine).await?;
    if is_wanted("listing") {
        say(&listing::run(&engine).await?)?;
    }
    let mut credible = true;
    if is_wanted("fairness") {
        let fairness = fairness::run(&engine).await?;
        say(&fairness.report)?;
        credible = fairness.credible;
    }
    drop(stack);
    say(&format!("It took {} s.", start.elapsed().as_secs()))?;
    Ok(exact && credible)
}

/// Cost and burst; whether the burst was performed exactly once.
async fn what_passes(engine: &Engine<'_>) -> Result<bool, Failed> {
    say(&cost::report(&steady::run(engine).await?))?;
    let burst = burst::run(engine).await?;
    say(&burst.report)?;
    Ok(burst.exact)
}

fn say(text: &str) -> Result<(), Failed> {
    writeln!(io::stdout(), "{text}").map_err(Failed::at("standard output"))
}
