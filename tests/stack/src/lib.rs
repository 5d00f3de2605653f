//! A separate stack on local AWS and a marketplace to use it with, for the end-to-end tests and the bench.
//!
//! A caller cannot continue without the result, so each function panics on failure and names the result.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot continue gives the reason"
)]

mod apart;
mod caller;
mod clock;
mod command;
mod engine;
mod local;
mod logs;
mod portal;
mod sample;
mod shop;

pub use apart::{Apart, apart};
pub use caller::Caller;
pub use clock::now;
pub use engine::{Engine, until};
pub use local::{Outputs, Stack, project};
pub use portal::{Answer, ORIGIN, Portal};
pub use sample::{Sample, expected};
pub use shop::{API_KEY, SIGNING_SECRET, Shop};
