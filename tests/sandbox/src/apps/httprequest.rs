//! An API of a merchant's own: any method and path below `/httprequest` is accepted and kept, except with the header
//! `Authorization: Bearer wrong`.
//!
//! State: `requests`, of which `?path=` filters some. There is no seed.
use std::collections::VecDeque;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::stand_in::{Holdings, Plant, StandIn};
use crate::exchange::{Refusal, Reply, Request};
use crate::tokens::Tokens;

/// The number of requests that are kept; the oldest are dropped first.
const KEEP: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {}

#[derive(Clone, Default)]
pub(super) struct Kept(VecDeque<Value>);

/// The API.
pub(super) type HttpRequest = StandIn<Kept>;

impl Plant<Kept> for Seed {
    fn plant(self, _: &mut Kept, _: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Holdings for Kept {
    const ID: &'static str = "httprequest";
    const NARROWED_BY: &'static [&'static str] = &["path"];
    type Seed = Seed;

    fn initial(_: Timestamp) -> Self {
        Self::default()
    }

    fn answer(&mut self, request: &Request, _: &Tokens, _: &[&str]) -> Reply {
        if request.header("authorization") == Some("Bearer wrong") {
            return Reply::json(StatusCode::UNAUTHORIZED, &json!({ "message": "Unknown token." }));
        }
        let raw = String::from_utf8_lossy(&request.body);
        self.0.push_back(json!({
            "method": request.method.as_str(),
            "path": request.path,
            "query": request.query,
            "media_type": request.media_type(),
            "signed": request.header("webhook-signature").is_some(),
            "body": serde_json::from_str::<Value>(&raw).ok(),
            "raw": raw,
        }));
        if self.0.len() > KEEP {
            self.0.pop_front();
        }
        Reply::json(StatusCode::OK, &json!({ "ok": true }))
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        let path = narrow("path");
        let wanted = |one: &&Value| path.as_ref().is_none_or(|path| one["path"] == *path);
        json!({ "requests": self.0.iter().filter(wanted).collect::<Vec<_>>() })
    }
}
