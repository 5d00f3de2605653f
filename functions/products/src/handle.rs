//! Stores a Product Saved, unless a newer version of the product is stored already.
//!
//! EventBridge delivers events in any order and sometimes twice, so the version with the latest `occurred_at` stays.

use aws::queue::{FactsQueue, QueueError};
use aws::store::{Store, StoreError};
use domain::fact::{FactError, ProductSaved};
use runtime::bus_event::BusEvent;
use runtime::config::{ConfigError, Services};
use runtime::logs::Causes;
use runtime::{Error, clock};

/// A product that could not be stored. The invocation fails, and Lambda retries it.
#[derive(Debug, thiserror::Error)]
enum ProductError {
    #[error("the product could not be stored")]
    Store(#[from] StoreError),
    #[error("the rejected fact could not be sent to the facts queue")]
    Queue(#[from] QueueError),
}

/// The function's services.
#[derive(Debug)]
pub struct Function {
    store: Store,
    facts: FactsQueue,
}

impl Function {
    /// Reads the configuration and opens the connection.
    pub async fn start() -> Result<Self, ConfigError> {
        let services = Services::load()?;
        let function = Self { store: services.store()?, facts: services.facts_queue()? };
        if let Err(error) = function.store.warm().await {
            tracing::warn!(error = %Causes(&error), "the table did not answer at start");
        }
        Ok(function)
    }

    /// Handles one fact. On an error, Lambda retries the same event.
    pub async fn handle(&self, event: BusEvent) -> Result<(), Error> {
        match saved(&event) {
            Ok(saved) => self.save(&saved).await?,
            Err(error) => self.keep(&event, &error).await?,
        }
        Ok(())
    }

    async fn save(&self, saved: &ProductSaved) -> Result<(), ProductError> {
        let ProductSaved { marketplace_id, occurred_at, product, .. } = saved;
        let newest = self.store.save_product(marketplace_id, product, *occurred_at).await?;
        tracing::info!(marketplace = %marketplace_id, product = %product.product_id, newest, "a product was saved");
        Ok(())
    }

    async fn keep(&self, event: &BusEvent, error: &FactError) -> Result<(), ProductError> {
        tracing::warn!(place = error.place(), "a product breaks the contract and is kept in the facts queue");
        Ok(self.facts.keep(event, &error.to_string(), None).await?)
    }
}

fn saved(event: &BusEvent) -> Result<ProductSaved, FactError> {
    if event.detail_type != ProductSaved::DETAIL_TYPE {
        return Err(FactError::UnknownDetailType { found: event.detail_type.chars().take(80).collect() });
    }
    ProductSaved::receive(event.detail.get(), clock::now())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(detail_type: &str, detail: &Value) -> BusEvent {
        let event = json!({ "detail-type": detail_type, "detail": detail });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn a_product_is_read_and_anything_else_is_kept_with_the_reason() {
        let mut detail = json!({
            "id": "1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": false,
            "product": { "product_id": "sourdough", "name": "Sourdough", "status": "live" },
        });
        assert_eq!(saved(&event("Product Saved", &detail)).unwrap().product.product_id.as_str(), "sourdough");
        assert!(saved(&event("Order Completed", &detail)).is_err());
        detail["product"]["status"] = "sold out".into();
        assert!(saved(&event("Product Saved", &detail)).unwrap_err().to_string().contains("status"));
        detail["product"]["status"] = "live".into();
        detail["occurred_at"] = "9026-05-04T10:00:00Z".into();
        assert!(saved(&event("Product Saved", &detail)).unwrap_err().to_string().contains("occurred_at"));
    }
}
