//! Integrations: one item each, and one that keeps the label unique.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Integration;
use jiff::Timestamp;

use super::{Item, Store, StoreError, keys, read, text, unavailable, write};

/// An integration that cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Another one has the label.
    #[error("label `{0}` is in use by another integration of this marketplace: choose a different one")]
    LabelTaken(String),
    /// The table did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// An integration by id.
    pub async fn integration(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        self.get(keys::integration(m, id), now).await?.map(|item| read(item, "an integration")).transpose()
    }

    /// Every integration of a marketplace.
    pub async fn integrations(
        &self,
        m: &MarketplaceId,
        now: Timestamp,
    ) -> Result<Vec<Integration>, StoreError> {
        let query = self
            .query(keys::marketplace(m))
            .key_condition_expression("pk = :pk AND begins_with(sk, :integration)")
            .expression_attribute_values(":integration", S("INTEGRATION#".to_owned()));
        self.all(query, now).await?.into_iter().map(|item| read(item, "an integration")).collect()
    }

    /// Saves an integration, together with its claim on the label.
    pub async fn save_integration(&self, integration: &Integration, now: Timestamp) -> Result<(), SaveError> {
        let m = &integration.marketplace;
        let before = self.integration(m, &integration.id, now).await?;
        let label = keys::label(m, &integration.label);
        let freed = before.map(|before| keys::label(m, &before.label)).filter(|freed| *freed != label);

        let claim = Item::from([
            ("pk".to_owned(), S(label.pk)),
            ("sk".to_owned(), S(label.sk)),
            ("integration".to_owned(), S(integration.id.to_string())),
        ]);
        #[expect(clippy::expect_used, reason = "table and item are given")]
        let claim = Put::builder()
            .table_name(&self.table)
            .set_item(Some(claim))
            .condition_expression("attribute_not_exists(pk) OR integration = :id")
            .expression_attribute_values(":id", S(integration.id.to_string()))
            .build()
            .expect("complete");

        let mut writes = vec![
            TransactWriteItem::builder().put(claim).build(),
            self.put(write(keys::integration(m, &integration.id), integration)?),
        ];
        writes.extend(freed.map(|key| self.delete(key)));
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("TransactionCanceledException") => {
                Err(SaveError::LabelTaken(integration.label.clone()))
            }
            Err(error) => Err(unavailable("TransactWriteItems")(error).into()),
        }
    }

    /// Who has a label, if anybody.
    pub async fn integration_labelled(
        &self,
        m: &MarketplaceId,
        label: &str,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        let Some(claim) = self.get(keys::label(m, label), now).await? else { return Ok(None) };
        match text(&claim, "integration").parse() {
            Ok(id) => self.integration(m, &id, now).await,
            Err(_) => Ok(None),
        }
    }
}
