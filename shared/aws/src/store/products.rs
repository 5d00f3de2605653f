//! The merchant's product catalogue: the products that rules can name.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::fact::{Product, ProductStatus};
use domain::id::{MarketplaceId, ProductId, time_key};
use domain::page::Page;
use domain::time;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::key_range::KeyRange;
use super::keys;
use super::{Store, StoreError, read, unavailable, write};

/// How often a product is written over a newer version if that changes concurrently.
const TRIES: u32 = 5;

/// A product as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedProduct {
    /// The product.
    pub product: Product,
    /// When it was saved.
    pub saved_at: Timestamp,
}

impl SavedProduct {
    /// Whether the product's id or name contains `search`, ignoring case, and its status is `status`.
    pub fn has(&self, search: &str, status: Option<ProductStatus>) -> bool {
        let search = search.trim().to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&search);
        let Product { product_id, name, status: is, .. } = &self.product;
        status.is_none_or(|status| status == *is) && (has(product_id.as_str()) || has(name))
    }
}

impl Store {
    /// Saves the version of a product at a time, unless a newer version is stored. Returns whether it was saved.
    pub async fn save_product(
        &self,
        m: &MarketplaceId,
        product: &Product,
        saved_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let saved = SavedProduct { product: product.clone(), saved_at };
        let mut item = write(keys::product(m, &product.product_id), &saved)?;
        // Timestamps do not sort as text: some have a fraction and some do not.
        let at = S(time_key(saved_at));
        item.insert("at".to_owned(), at.clone());
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = request
            .condition_expression("attribute_not_exists(pk) OR #at < :at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", at);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable("PutItem of a product")(error)),
        }
    }

    /// Saves the current version of a product over any stored version: a version from a clock that is ahead must not
    /// block a merchant's change. Returns the stored product.
    pub async fn put_product(
        &self,
        m: &MarketplaceId,
        product: &Product,
        now: Timestamp,
    ) -> Result<SavedProduct, StoreError> {
        let mut at = now;
        for _ in 0..TRIES {
            if self.save_product(m, product, at).await? {
                break;
            }
            let before =
                self.product(m, &product.product_id, now).await?.map_or(now, |before| before.saved_at);
            at = time::after(before.max(now), SignedDuration::from_millis(1));
        }
        Ok(SavedProduct { product: product.clone(), saved_at: at })
    }

    /// A product by id, read with strong consistency.
    pub async fn product(
        &self,
        m: &MarketplaceId,
        id: &ProductId,
        now: Timestamp,
    ) -> Result<Option<SavedProduct>, StoreError> {
        self.get_latest(keys::product(m, id), now).await?.map(|item| read(item, "a product")).transpose()
    }

    /// The next products by id whose id or name contains a text, ignoring case, at most `limit`.
    pub async fn products_page(
        &self,
        m: &MarketplaceId,
        search: &str,
        status: Option<ProductStatus>,
        after: Option<&ProductId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<SavedProduct, ProductId>, StoreError> {
        let key_range = KeyRange { listing: false, pk: keys::products(m), prefix: keys::PRODUCT, beyond: "" };
        let wanted = |found: &SavedProduct| found.has(search, status);
        let read = |item| read(item, "a product");
        let page = self.page(&key_range, after.map(ProductId::as_str), limit, read, wanted, now).await?;
        Ok(Page { items: page.items, next: page.next.and_then(|next| next.parse().ok()) })
    }

    /// The products of a list that are in the catalogue; `None` if there is no catalogue.
    pub async fn products_known(
        &self,
        m: &MarketplaceId,
        ids: &[ProductId],
        now: Timestamp,
    ) -> Result<Option<Vec<Product>>, StoreError> {
        let found = try_join_all(ids.iter().map(|id| self.product(m, id, now))).await?;
        let found: Vec<_> = found.into_iter().flatten().map(|saved| saved.product).collect();
        if found.is_empty() && self.products_page(m, "", None, None, 1, now).await?.items.is_empty() {
            return Ok(None);
        }
        Ok(Some(found))
    }
}
