//! The operations on a deployment that the operator's command line and the management API share.
//!
//! [`Engine`] is the deployment. Its methods return its areas, one module each: `engine.rules().create(…)`. Decisions that
//! do not need the table are made by the planner that plans facts, so that an explanation, a dry run and a replay cannot
//! differ from the processing of a fact.

pub mod actions;
pub mod buyers;
pub mod connectors;
mod console;
pub mod costs;
mod engine;
mod example;
pub mod facts;
pub mod firings;
pub mod fleet;
pub mod idempotency;
mod ids;
pub mod integrations;
mod listing;
pub mod log;
pub mod names;
pub mod preview;
pub mod products;
pub mod redrive;
pub mod replays;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod sessions;
pub mod sources;
pub mod summary;
pub mod trial;
pub mod trigger_catalog;
pub mod verify;
pub mod waits;

pub use aws::store::{BoundedCount, StoreError};
pub use console::Console;
pub use engine::{Engine, Resources};
pub use listing::ListError;
