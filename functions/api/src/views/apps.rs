//! Apps of the catalogue.

use domain::app::App;
use domain::manifest::Manifest;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An app of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppView {
    /// The app's key.
    #[schema(value_type = String, example = "mailchimp")]
    pub(crate) app: App,
    /// The name that a merchant reads.
    pub(crate) label: String,
    /// A description of one sentence.
    pub(crate) description: String,
    /// The number of accounts of this app that the marketplace has connected.
    pub(crate) installed: usize,
    /// The app's manifest: connection methods, actions with their settings, triggers and option lists.
    #[schema(value_type = Object)]
    pub(crate) manifest: Value,
}

pub(crate) fn view(manifest: &Manifest, installed: usize) -> AppView {
    AppView {
        app: manifest.app,
        label: manifest.label.clone(),
        description: manifest.description.clone(),
        installed,
        manifest: serde_json::to_value(manifest).unwrap_or_default(),
    }
}
