//! How a list of apps shows an app.

use serde::{Deserialize, Serialize};

use crate::keyed::keyed;

keyed! {
    /// The kind of an app.
    pub enum Category, "category", "categories" {
        /// Lists, subscribers and campaigns.
        EmailMarketing = "email_marketing",
        /// Contacts and sales.
        Crm = "crm",
        /// Members, spaces and events.
        Community = "community",
        /// Courses and offers.
        Courses = "courses",
        /// Messages to a server of the merchant's own.
        Automation = "automation",
    }
}

keyed! {
    /// The colour of a mark. A page maps each name to colours of its theme.
    pub enum Color, "color", "colors" {
        /// Amber.
        Amber = "amber",
        /// Blue.
        Blue = "blue",
        /// Green.
        Green = "green",
        /// Indigo.
        Indigo = "indigo",
        /// Orange.
        Orange = "orange",
        /// Pink.
        Pink = "pink",
        /// Slate.
        Slate = "slate",
        /// Teal.
        Teal = "teal",
    }
}

/// The sign of an app: its initials on a colour. It is not the vendor's logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// One or two letters.
    pub initials: String,
    /// The colour behind them.
    pub color: Color,
}
