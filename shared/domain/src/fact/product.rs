//! The only fact without a customer: a product of the merchant's catalog was saved. It fires no trigger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::FactError;
use super::reader::Reader;
use super::text::Label;
use super::{json, time};
use crate::blank;
use crate::id::{FactId, MarketplaceId, ProductId};
use crate::money::Money;

/// A product was created, changed or archived. It is not a [`Fact`](super::Fact), because it has no customer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProductSaved {
    /// The producer's id of the fact: the dedupe key.
    pub id: FactId,
    /// The marketplace whose product it is.
    pub marketplace_id: MarketplaceId,
    /// The time at which it was saved. An older fact never overwrites a newer one.
    #[serde(deserialize_with = "time::rfc3339")]
    pub occurred_at: Timestamp,
    /// Whether it happened in the platform's test mode.
    pub test_mode: bool,
    /// The product's new state.
    pub product: Product,
}

/// A product of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The platform's id of the product.
    pub product_id: ProductId,
    /// Its name, or its id if the name is blank.
    pub name: Label,
    /// Its price, if it has exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Whether it is on sale.
    pub status: ProductStatus,
}

/// Whether a product is on sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// On sale.
    Live,
    /// Sold in test mode only.
    Test,
    /// No longer sold.
    Archived,
}

impl ProductSaved {
    /// The event's `detail-type`.
    pub const DETAIL_TYPE: &str = "Product Saved";
    /// The schema of its detail in `events/schemas/`.
    pub const SCHEMA: &str = "product-saved.json";

    /// Reads the event's detail, given as JSON.
    pub fn parse(detail: &str) -> Result<Self, FactError> {
        let mut saved: Self = Reader::new(Self::SCHEMA, &json::read(detail)?.0).read()?;
        let Product { name, product_id, .. } = &mut saved.product;
        if blank::is_blank(name) {
            *name = Label::new(product_id.as_str());
        }
        Ok(saved)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_product_needs_no_customer_and_no_price() {
        let detail = json!({
            "id": "1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": false,
            "product": { "product_id": "sourdough", "name": "Sourdough", "price": null, "status": "archived" },
        });
        let saved = ProductSaved::parse(&detail.to_string()).unwrap();
        assert_eq!(saved.product.status, ProductStatus::Archived);
        assert_eq!(saved.product.price, None);
    }
}
