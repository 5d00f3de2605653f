//! A stack of one's own on local AWS, and a marketplace to use it with: for the end-to-end tests and the bench.
//!
//! Whoever calls it cannot go on without what it calls for, so it panics where that fails, with what it wanted.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot go on says why")]

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
