//! `make bench`: what an event costs, how many go through, and how long the log takes to read, on a local AWS of its
//! own with the proxy between it and the functions.

mod burst;
mod calls;
mod clock;
mod cost;
mod engine;
mod failed;
mod invocations;
mod listing;
mod machine;
mod prices;
mod run;
mod shop;
mod stack;
mod steady;
mod table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    run::run().await
}
