//! The three measurements in turn.
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use crate::clock::now;
use crate::engine::Engine;
use crate::failed::Failed;
use crate::machine::machine;
use crate::stack::Stack;
use crate::{burst, cost, listing, steady};

/// Measures and prints. It fails where it cannot measure, and where the burst was not performed exactly once.
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
    say(&format!(
        "make bench, {}\n{}\nlocal AWS (MiniStack) and development builds; every call of the functions passes a proxy that \
         counts it\n",
        now().strftime("%Y-%m-%d %H:%M UTC"),
        machine(),
    ))?;
    let stack = Stack::start()?;
    let engine = Engine::of(&stack.outputs).await?;
    say(&cost::report(&steady::run(&engine).await?))?;
    let burst = burst::run(&engine).await?;
    say(&burst.report)?;
    if let Some(action) = &burst.action {
        say(&listing::run(&engine, action).await?)?;
    }
    drop(stack);
    say(&format!("It took {} s.", start.elapsed().as_secs()))?;
    Ok(burst.exact)
}

fn say(text: &str) -> Result<(), Failed> {
    writeln!(io::stdout(), "{text}").map_err(Failed::at("standard output"))
}
