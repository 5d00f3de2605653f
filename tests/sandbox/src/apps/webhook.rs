//! The receiver of webhooks: any path below `/webhook` accepts POSTs and keeps them.
//!
//! Deliveries are signed according to Standard Webhooks (<https://www.standardwebhooks.com>). With a secret, the
//! receiver reports for each delivery whether its signature is valid; it accepts the delivery in both cases. Seed:
//! `{"secret": "whsec_…"}`, or `null` to delete it. State: `?path=` and `?id=` filter it.
use std::collections::{BTreeMap, VecDeque};

use axum::http::{HeaderValue, Method, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use super::stand_in::{Holdings, Plant, StandIn};
use crate::exchange::{Refusal, Reply, Request};
use crate::tokens::Tokens;

/// The number of deliveries that are kept; the oldest are dropped first.
const KEEP: usize = 50_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    secret: Option<String>,
}

#[derive(Clone)]
struct Delivery {
    seq: u64,
    at: String,
    path: String,
    query: String,
    id: Option<String>,
    timestamp: Option<String>,
    media_type: Option<String>,
    /// Whether the signature is valid; `None` without a secret.
    verified: Option<bool>,
    body: Box<[u8]>,
}

#[derive(Clone, Default)]
pub(super) struct Received {
    secret: Option<Vec<u8>>,
    total: u64,
    deliveries: VecDeque<Delivery>,
    /// The number of deliveries with each `webhook-id`: a retry of a message repeats its id.
    times: BTreeMap<String, u64>,
}

/// The receiver.
pub(super) type Webhook = StandIn<Received>;

impl Plant<Received> for Seed {
    fn plant(self, received: &mut Received, _: Timestamp) -> Result<(), Refusal> {
        received.secret = self.secret.map(|secret| decode(&secret)).transpose()?;
        Ok(())
    }
}

impl Holdings for Received {
    const ID: &'static str = "webhook";
    const NARROWED_BY: &'static [&'static str] = &["path", "id"];
    type Seed = Seed;

    fn initial(_: Timestamp) -> Self {
        Self::default()
    }

    fn answer(&mut self, request: &Request, _: &Tokens, _: &[&str]) -> Reply {
        if request.method != Method::POST {
            return Reply::json(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "POST only" }))
                .with(header::ALLOW, HeaderValue::from_static("POST"));
        }
        let delivery = Delivery {
            seq: request.seq,
            at: request.at.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            id: request.header("webhook-id").map(str::to_owned),
            timestamp: request.header("webhook-timestamp").map(str::to_owned),
            media_type: request.media_type(),
            verified: self.secret.as_deref().map(|secret| is_signed(request, secret)),
            body: Box::from(&request.body[..]),
        };
        self.total += 1;
        if let Some(id) = &delivery.id {
            *self.times.entry(id.clone()).or_default() += 1;
        }
        self.deliveries.push_back(delivery);
        if self.deliveries.len() > KEEP {
            self.deliveries.pop_front();
        }
        Reply::json(StatusCode::OK, &json!({ "received": true }))
    }

    fn state(&self, narrow: impl Fn(&str) -> Option<String>) -> Value {
        let (path, id) = (narrow("path"), narrow("id"));
        let wanted = |delivery: &&Delivery| {
            path.as_ref().is_none_or(|path| *path == delivery.path) && (id.is_none() || id == delivery.id)
        };
        let deliveries: Vec<Value> = self.deliveries.iter().filter(wanted).map(Delivery::show).collect();
        json!({ "total": self.total, "times": self.times, "deliveries": deliveries })
    }
}

impl Delivery {
    fn show(&self) -> Value {
        let raw = String::from_utf8_lossy(&self.body);
        json!({
            "seq": self.seq,
            "time": self.at,
            "path": self.path,
            "query": self.query,
            "id": self.id,
            "timestamp": self.timestamp,
            "media_type": self.media_type,
            "verified": self.verified,
            "body": serde_json::from_slice::<Value>(&self.body).ok(),
            "raw": raw,
        })
    }
}

fn decode(secret: &str) -> Result<Vec<u8>, Refusal> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    STANDARD.decode(encoded).map_err(|error| Refusal::new(format!("secret: not whsec_ and base64: {error}")))
}

/// Whether one of the signatures is a valid `v1` signature over id, timestamp and the unchanged body.
fn is_signed(request: &Request, secret: &[u8]) -> bool {
    let parts = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| request.header(name));
    let [Some(id), Some(timestamp), Some(signatures)] = parts else { return false };
    signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,")).any(|signature| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(&request.body);
        STANDARD.decode(signature).is_ok_and(|signature| mac.verify_slice(&signature).is_ok())
    })
}
