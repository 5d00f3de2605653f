//! Apps of the catalogue.

use domain::app::App;
use domain::manifest::{Manifest, Mark};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::words;

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
    /// The kind of app.
    #[schema(schema_with = words::category)]
    pub(crate) category: &'static str,
    /// A sign for the app where there is no room for its name.
    pub(crate) mark: MarkView,
    /// The number of accounts of this app that the marketplace has connected.
    pub(crate) installed: usize,
    /// The app's manifest: connection methods, actions with their settings, triggers and option lists.
    #[schema(value_type = Object)]
    pub(crate) manifest: Value,
}

/// The sign of an app: its initials on a colour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarkView {
    /// One or two letters.
    #[schema(min_length = 1, max_length = 2, example = "Mc")]
    pub(crate) initials: String,
    /// The name of the colour. Choose its shades from the page's theme.
    #[schema(schema_with = words::color)]
    pub(crate) color: &'static str,
}

impl From<&Mark> for MarkView {
    fn from(mark: &Mark) -> Self {
        Self { initials: mark.initials.clone(), color: mark.color.key() }
    }
}

pub(crate) fn view(manifest: &Manifest, installed: usize) -> AppView {
    AppView {
        app: manifest.app,
        label: manifest.label.clone(),
        description: manifest.description.clone(),
        category: manifest.category.key(),
        mark: (&manifest.mark).into(),
        installed,
        manifest: serde_json::to_value(manifest).unwrap_or_default(),
    }
}
