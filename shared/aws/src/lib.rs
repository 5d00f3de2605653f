//! The AWS services that the engine uses. Concrete clients, one module each; every call goes through this crate.

pub mod bus;
pub mod clients;
pub mod dead_letters;
pub mod functions;
pub mod http;
pub mod queue;
pub mod schedules;
pub mod secrets;
pub mod signer;
pub mod store;
pub mod tls;
pub mod vault;
