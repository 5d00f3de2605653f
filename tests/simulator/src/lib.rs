//! The simulator: the engine's shipped decisions in one thread, with time, chance and faults from a seed; and an AWS in
//! memory, which the SDK's clients call.

pub mod aws;
pub mod command;
pub mod coverage;
pub mod long;
mod refusal;
pub mod report;
pub mod short;
pub mod shrink;
pub mod soak;
