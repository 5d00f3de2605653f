//! The sweeper: sends parked jobs that are due to their queues again.

mod fair;
pub mod sweep;
