//! The JSON bodies of requests and responses, by area.
//!
//! A view is the form in which the API shows a value, so that a change of the value does not change the API.

pub(crate) mod actions;
pub(crate) mod apps;
pub(crate) mod buyers;
pub(crate) mod configuration;
pub(crate) mod count;
pub(crate) mod events;
pub(crate) mod explanation;
pub(crate) mod integrations;
pub(crate) mod logins;
pub(crate) mod operator;
pub(crate) mod options;
pub(crate) mod products;
pub(crate) mod replays;
pub(crate) mod rules;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod signing_secrets;
pub(crate) mod summary;
pub(crate) mod triggers;
pub(crate) mod waits;
