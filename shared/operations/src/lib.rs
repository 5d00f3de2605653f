//! The operations on a deployment that the operator's command line and the management API share.
//!
//! Each operation is a function. Decisions that do not need the table are made by the planner that plans facts, so that
//! an explanation, a dry run and a replay cannot differ from the processing of a fact.

pub mod cancel;
pub mod connectors;
pub mod credentials;
pub mod dry_run;
pub mod erase;
pub mod explain;
pub mod facts_queue;
pub mod firings;
pub mod fleet;
mod ids;
pub mod integrations;
pub mod logs;
pub mod notes;
pub mod redrive;
pub mod replay;
pub mod retry;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod trigger_catalog;
pub mod unstarted;
pub mod verdict;
