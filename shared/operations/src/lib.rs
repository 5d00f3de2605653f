//! What the operator's command line and the management API do with a deployment.
//!
//! Each operation is a function of its own. What can be decided without the table is decided by the planner that plans
//! facts, so an explanation, a dry run and a replay cannot disagree with what happens.

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
