//! The apps. A new app with code is a module here and a row in [`all`]; an app that is data has `examples`.
mod circle;
mod declared;
mod highlevel;
mod httprequest;
mod kajabi;
mod kit;
mod mailchimp;
mod stand_in;
mod thinkific;
mod webhook;

use std::collections::BTreeMap;

use domain::manifest::Catalog;
use serde_json::Value;

pub use self::declared::Examples;

use crate::exchange::{Refusal, Reply, Request};
use crate::tokens::Tokens;

/// The query of `GET /_state/{app}`: each app has its own parameters to filter the state.
pub(crate) type Query = BTreeMap<String, String>;

/// An app that responds as the vendor does and keeps state.
pub(crate) trait App: Send + Sync {
    /// The engine's id of the app, and the first segment of its paths here.
    fn id(&self) -> &'static str;

    /// Applies a request and returns its response.
    fn answer(&self, request: &Request, tokens: &Tokens) -> Reply;

    /// The app's state, for tests to inspect.
    fn state(&self, query: &Query) -> Result<Value, Refusal>;

    /// Adds to the state, either the whole seed or none of it.
    fn seed(&self, seed: Value) -> Result<(), Refusal>;

    /// Restores the initial state.
    fn reset(&self);
}

/// Every app of the sandbox. An app that is data and has no examples has no stand-in.
pub(crate) fn all() -> Vec<Box<dyn App>> {
    let mut apps: Vec<Box<dyn App>> = vec![
        Box::new(mailchimp::Mailchimp::default()),
        Box::new(kit::Kit::default()),
        Box::new(highlevel::HighLevel::default()),
        Box::new(circle::Circle::default()),
        Box::new(kajabi::Kajabi::default()),
        Box::new(thinkific::Thinkific::default()),
        Box::new(webhook::Webhook::default()),
        Box::new(httprequest::HttpRequest::default()),
    ];
    for manifest in Catalog::get().all() {
        let id = manifest.app.key();
        let examples = manifest.examples.as_ref().and_then(|json| Examples::read(json.get()).ok());
        if let Some(examples) = examples.filter(|_| apps.iter().all(|app| app.id() != id)) {
            apps.push(declared(id, examples));
        }
    }
    apps
}

/// The stand-in of an app that is data.
pub(crate) fn declared(id: &'static str, examples: Examples) -> Box<dyn App> {
    Box::new(declared::Declared::new(id, examples))
}

/// Bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
