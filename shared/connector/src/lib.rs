//! The connector kit: what every app's connector shares.
//!
//! A message of the app's queue goes through the [`batch`], one job through the [`worker`], one call through the app's
//! own [`call::Connector`]. What a connector writes is its manifest, its client and its actions.

pub mod accounts;
pub mod backoff;
pub mod batch;
pub mod call;
mod claim;
pub mod credentials;
pub mod desk;
pub mod fault;
pub mod gate;
pub mod hold;
pub mod http;
pub mod oauth;
mod obstacle;
mod perform;
pub mod rate;
mod redact;
mod row;
pub mod serve;
#[cfg(feature = "testing")]
pub mod testing;
pub mod worker;

pub use serve::serve;
