//! `make bench`: the cost of an event, the throughput, the time to read the log, the fairness between tenants, and
//! whether an app's limit of simultaneous calls is kept, on a local AWS of its own with the proxy between it and the
//! functions; and the planner and an import of rules at the limits.

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot continue gives the reason, and its stack ends with it"
)]

mod backlog;
mod burst;
mod calls;
mod capacity;
mod clock;
mod concurrency;
mod cpu;
mod fairness;
mod growth;
mod import;
mod invocations;
mod latest;
mod limits;
mod listing;
mod machine;
mod model;
mod money;
mod parsers;
mod processes;
mod purchases;
mod run;
mod seed;
mod table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    run::run().await
}
