//! The shared base of every function: its start, configuration, logs, metrics, the clock, and events as the bus
//! delivers them.

pub mod bus_event;
pub mod clock;
pub mod config;
pub mod function;
pub mod logs;
pub mod metrics;
pub mod world;

pub use function::{Error, LambdaEvent, run};
