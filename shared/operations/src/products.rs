//! The product catalogue.

use aws::store::StoreError;
use domain::fact::{Product, ProductStatus};
use domain::id::{MarketplaceId, ProductId};
use domain::page::{Listed, Listing, Wanted};
use jiff::Timestamp;
use serde::Serialize;

pub use aws::store::SavedProduct;

use crate::engine::Engine;
use crate::listing::ListError;

/// The operations on the product catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Products<'a>(&'a Engine);

impl Engine {
    /// The operations on the product catalogue.
    pub fn products(&self) -> Products<'_> {
        Products(self)
    }
}

/// Filters of products. All that are set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProductFilter {
    /// The product with this id. Any text is accepted; no product has an id that is not valid.
    pub id: Option<String>,
    /// Products with this text in the name or the id, in any case.
    pub search: String,
    /// Products with this status.
    pub status: Option<ProductStatus>,
}

impl Products<'_> {
    /// A page of the products, by id.
    pub async fn page(
        &self,
        m: &MarketplaceId,
        filter: &ProductFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<SavedProduct>, ListError> {
        let listing = Listing::new("products", &(m, filter));
        let after: Option<ProductId> = listing.after(wanted)?;
        let ProductFilter { id, search, status } = filter;
        let store = &self.0.store;
        let Some(id) = id else {
            let page = store.products_page(m, search, *status, after.as_ref(), wanted.limit, now).await?;
            return Ok(listing.listed(page));
        };
        let found = match ProductId::new(id.clone()) {
            Ok(id) => store.product(m, &id, now).await?.filter(|found| found.has(search, *status)),
            Err(_) => None,
        };
        Ok(Listed { items: found.into_iter().collect(), next_cursor: None })
    }

    /// Whether the marketplace has no products.
    pub async fn is_empty(&self, m: &MarketplaceId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.0.store.products_page(m, "", None, None, 1, now).await?.items.is_empty())
    }

    /// Saves the current version of a product over any stored version, and returns it.
    pub async fn save(
        &self,
        m: &MarketplaceId,
        product: &Product,
        now: Timestamp,
    ) -> Result<SavedProduct, StoreError> {
        self.0.store.put_product(m, product, now).await
    }
}
