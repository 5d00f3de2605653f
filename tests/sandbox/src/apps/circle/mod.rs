//! Circle, as far as the engine uses it.

use serde_json::{Value, json};

use super::{App, Query};
use crate::exchange::{Refusal, Reply, Request};
use crate::tokens::Tokens;

/// The stand-in.
#[derive(Default)]
pub(super) struct Circle {}

impl App for Circle {
    fn id(&self) -> &'static str {
        "circle"
    }

    fn answer(&self, _request: &Request, _tokens: &Tokens) -> Reply {
        Reply::json(axum::http::StatusCode::NOT_FOUND, &json!({}))
    }

    fn state(&self, _query: &Query) -> Result<Value, Refusal> {
        Ok(json!({}))
    }

    fn seed(&self, _seed: Value) -> Result<(), Refusal> {
        Ok(())
    }

    fn reset(&self) {}
}
