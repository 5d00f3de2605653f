//! The connector of apps that are data.
//!
//! An app's file has its manifest, which merchants see, and its calls: what is sent, what the answers mean. This crate
//! reads the calls ([`definition`]), checks them, and performs them. Ledger, retries, rate limits, logs and previews are
//! the kit's, as for an app with code of its own.

mod app;
mod check;
pub mod definition;
pub mod file;
pub mod lint;
mod run;
pub mod template;

pub use app::{Declared, InvalidApp};
pub use run::JobValues;
