//! `make bench`: what an event costs, how many go through, how long the log takes to read, who waits for whom, and whether an
//! app's limit of calls at once is kept, on a local AWS of its own with the proxy between it and the functions; and what the
//! planner and an import of rules need at the limits.

#![expect(clippy::expect_used, reason = "a bench that cannot go on says why, and its stack ends with it")]

mod backlog;
mod burst;
mod calls;
mod capacity;
mod clock;
mod concurrency;
mod cost;
mod fairness;
mod import;
mod invocations;
mod limits;
mod listing;
mod machine;
mod model;
mod prices;
mod purchases;
mod run;
mod seed;
mod steady;
mod table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    run::run().await
}
