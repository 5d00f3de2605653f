//! The connector kit: what every app's connector shares.
//!
//! A message of the app's queue goes through the [`batch`], one job through an [`attempt`] of the [`worker`], one call through the app's
//! own [`call::Connector`]. What a connector writes is its manifest, its client and its actions.

pub mod accounts;
pub mod app_pause;
pub mod attempt;
pub mod batch;
pub mod call;
mod circuit_breaker;
pub mod concurrency;
pub mod credentials;
pub mod failure;
pub mod http;
pub mod jobs;
pub mod keyed;
pub mod oauth;
mod perform;
pub mod person;
pub mod rate_limiter;
mod reconnect;
mod redact;
mod remembered;
pub mod rpc;
mod run;
pub mod serve;
#[cfg(feature = "testing")]
pub mod testing;
pub mod worker;

pub use run::run;
pub use runtime::Error;
pub use serve::serve;
