//! The connector kit: the code that all connectors share.
//!
//! The [`batch`] handles a message of the app's queue, an [`attempt`] of the [`worker`] handles one job, and the app's
//! own [`call::Connector`] makes one call. A connector consists of its manifest, its client and its actions.

pub mod account_store;
pub mod accounts;
pub mod app_pause;
pub mod attempt;
pub mod batch;
pub mod call;
pub mod circuit_breaker;
pub mod concurrency;
pub mod credentials;
pub mod failed;
pub mod failure;
pub mod http;
pub mod jobs;
pub mod keyed;
pub mod oauth;
mod perform;
pub mod person;
pub mod preview;
pub mod rate_limiter;
mod redact;
mod remembered;
pub mod rpc;
mod serve;
#[cfg(feature = "testing")]
pub mod testing;
pub mod watch;
pub mod worker;

pub use runtime::Error;
pub use serve::{Function, run};
