//! Leads: people who left their address without buying.

use serde::Deserialize;

use super::text::{Id, Label};
use crate::blank;
use crate::id::ProductId;

/// A lead (the fact's customer) and the page where it was left.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Lead {
    /// The page.
    pub page: LeadPage,
}

/// A page with a form for leads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LeadPage {
    /// The platform's id of the page.
    pub page_id: Id,
    /// Its name; [`LeadPage::name`] returns the default if this is blank.
    name: Label,
    /// The product that the page is about, which product rules can name.
    pub product_id: Option<ProductId>,
}

impl LeadPage {
    /// Its name, or its id if the name is blank.
    pub fn name(&self) -> &str {
        if blank::is_blank(&self.name) { &self.page_id } else { &self.name }
    }
}
