//! The stack that the tests run against, and a marketplace to use it with.

mod caller;
mod command;
mod local;
mod logs;
mod portal;
mod sample;
mod shop;

pub(crate) use caller::Caller;
pub(crate) use local::{Engine, until};
pub(crate) use portal::{Answer, Portal};
pub(crate) use sample::{Sample, expected};
pub(crate) use shop::{API_KEY, SIGNING_SECRET, Shop, now};
