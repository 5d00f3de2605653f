//! The pure core of the engine: no clock, no I/O.
//!
//! Data flows one way. A [`fact`] fires [`trigger`]s. The [`plan`] gives each [`rule`] a verdict, and each matching
//! rule [`job`]s. A job has one [`effect`] on an app. [`admission`] decides whether it calls, and computes its next
//! state from the call's [`outcome`] and the [`retry`] schedule. The [`log`] stores the result.

pub mod admission;
pub mod app;
pub mod author;
pub mod authorization;
pub mod blank;
pub mod concurrency;
pub mod condition;
pub mod connector_rpc;
pub mod digest;
pub mod effect;
pub mod erasure;
pub mod fact;
pub mod firing;
pub mod id;
pub mod integration;
pub mod intent;
pub mod job;
pub mod keyed;
pub mod lint;
pub mod log;
pub mod manifest;
pub mod money;
pub mod options;
pub mod outcome;
pub mod page;
pub mod pause;
pub mod payload;
pub mod plan;
pub mod quote;
pub mod rerun;
pub mod retry;
pub mod rule;
pub mod run;
pub mod session;
pub mod settings;
pub mod time;
pub mod token;
pub mod token_bucket;
pub mod trigger;
pub mod verdict;
