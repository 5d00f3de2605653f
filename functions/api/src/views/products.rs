//! Products of the catalogue.

use domain::fact::{Product, ProductStatus};
use domain::id::ProductId;
use domain::money::Currency;
use operations::products::SavedProduct;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Text;

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductView {
    /// The platform's id of the product.
    #[schema(value_type = String)]
    pub(crate) product_id: ProductId,
    /// The product's name.
    pub(crate) name: String,
    /// The price, if the product has one.
    pub(crate) price: Option<Price>,
    /// The sales status.
    pub(crate) status: StatusView,
    /// When the product was last saved.
    #[schema(format = DateTime)]
    pub(crate) saved_at: String,
}

/// A product to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductBody {
    /// The platform's id of the product. Any characters are allowed.
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    pub(crate) product_id: ProductId,
    /// The product's name.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub(crate) name: Text<1, 256>,
    /// The price, if the product has one.
    pub(crate) price: Option<Price>,
    /// The sales status.
    pub(crate) status: StatusView,
}

/// An amount of money.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    /// The amount in minor units of the currency, such as cents of USD or whole yen of JPY.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub(crate) amount: u64,
    /// The ISO 4217 code.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    pub(crate) currency: Currency,
}

/// The sales status of a product.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductStatus)]
pub(crate) enum StatusView {
    /// On sale.
    Live,
    /// Sold in test mode only.
    Test,
    /// No longer sold.
    Archived,
}

impl From<ProductStatus> for StatusView {
    fn from(status: ProductStatus) -> Self {
        match status {
            ProductStatus::Live => Self::Live,
            ProductStatus::Test => Self::Test,
            ProductStatus::Archived => Self::Archived,
        }
    }
}

impl From<StatusView> for ProductStatus {
    fn from(status: StatusView) -> Self {
        match status {
            StatusView::Live => Self::Live,
            StatusView::Test => Self::Test,
            StatusView::Archived => Self::Archived,
        }
    }
}

impl From<&SavedProduct> for ProductView {
    fn from(saved: &SavedProduct) -> Self {
        let Product { product_id, name, price, status } = &saved.product;
        Self {
            product_id: product_id.clone(),
            name: name.to_string(),
            price: price.map(|price| Price { amount: price.amount, currency: price.currency }),
            status: (*status).into(),
            saved_at: saved.saved_at.to_string(),
        }
    }
}
