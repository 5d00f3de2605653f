//! What every function does at start: configuration, logs, clients, clock.

pub mod bus_event;
pub mod clock;
pub mod config;
pub mod function;
pub mod logs;
pub mod metrics;

pub use function::{Error, LambdaEvent, run};
