//! Integrations: one item each, and one that keeps the label unique.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::{Connection, Integration};
use domain::outcome::Reason;
use jiff::Timestamp;

use super::{Item, Store, StoreError, keys, read, text, unavailable, write};

/// How often a save is tried that others get in the way of.
const TRIES: u32 = 5;

/// Each change of what a merchant decides has a time of its own.
const SAME_VERSION: &str = "updated_at = :before";

/// An integration that cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Another one has the label.
    #[error("label `{0}` is in use by another integration of this marketplace: choose a different one")]
    LabelTaken(String),
    /// It is not what it was taken for any more.
    #[error("the integration was changed meanwhile: read it again")]
    Changed,
    /// The table did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a refusal of credentials means for the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is marked now.
    First,
    /// It was marked before, or deleted.
    Known,
    /// It has other credentials meanwhile: the refusal says nothing about those.
    Outdated,
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

    /// Saves an integration with its claim on the label, whatever there was.
    pub async fn save_integration(&self, integration: &Integration, now: Timestamp) -> Result<(), SaveError> {
        let Integration { marketplace: m, id, .. } = integration;
        let mut tried = 0;
        loop {
            let latest = self.get_latest(keys::integration(m, id), now).await?;
            let before: Option<Integration> = latest.map(|item| read(item, "an integration")).transpose()?;
            match self.replace_integration(before.as_ref(), integration, now).await {
                Err(SaveError::Changed) if tried < TRIES => tried += 1,
                done => return done,
            }
        }
    }

    /// Saves an integration with its claim on the label, if what is there still is `before`.
    pub async fn replace_integration(
        &self,
        before: Option<&Integration>,
        integration: &Integration,
        now: Timestamp,
    ) -> Result<(), SaveError> {
        let Integration { marketplace: m, id, label, .. } = integration;
        let item = with_standing(write(keys::integration(m, id), integration)?, integration);
        let account = Put::builder().table_name(&self.table).set_item(Some(item));
        let account = if let Some(before) = before {
            let version = S(before.updated_at.to_string());
            account.condition_expression(SAME_VERSION).expression_attribute_values(":before", version)
        } else {
            // First, so that no marketplace with an account is missing from the directory.
            self.list_marketplace(m, now).await?;
            account.condition_expression("attribute_not_exists(pk)")
        };
        let freed = before.map(|before| before.label.as_str());
        self.with_label(super::rules::put(account), m, id, label, freed).await
    }

    /// Gives an integration another label, if it still is as in `before`.
    pub async fn rename_integration(
        &self,
        before: &Integration,
        label: &str,
        now: Timestamp,
    ) -> Result<Integration, SaveError> {
        let Integration { marketplace: m, id, .. } = before;
        let key = keys::integration(m, id);
        // Nothing else of it: what connectors note beside is no new version.
        let update = Update::builder()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression("SET #label = :label, updated_at = :now")
            .condition_expression(SAME_VERSION)
            .expression_attribute_names("#label", "label")
            .expression_attribute_values(":label", S(label.to_owned()))
            .expression_attribute_values(":now", S(now.to_string()))
            .expression_attribute_values(":before", S(before.updated_at.to_string()));
        let update = update.build().map_err(|source| StoreError::Unavailable {
            operation: "TransactWriteItems",
            source: Box::new(source),
        })?;
        let account = TransactWriteItem::builder().update(update).build();
        self.with_label(account, m, id, label, Some(&before.label)).await?;
        Ok(Integration { label: label.to_owned(), updated_at: now, ..before.clone() })
    }

    /// Writes an account, claims its label and frees the one that it had, at once.
    async fn with_label(
        &self,
        account: TransactWriteItem,
        m: &MarketplaceId,
        id: &IntegrationId,
        label: &str,
        freed: Option<&str>,
    ) -> Result<(), SaveError> {
        let key = keys::label(m, label);
        let claim = Item::from([
            ("pk".to_owned(), S(key.pk.clone())),
            ("sk".to_owned(), S(key.sk.clone())),
            ("integration".to_owned(), S(id.to_string())),
        ]);
        let claim = Put::builder()
            .table_name(&self.table)
            .set_item(Some(claim))
            .condition_expression("attribute_not_exists(pk) OR integration = :id")
            .expression_attribute_values(":id", S(id.to_string()));
        let freed = freed.map(|freed| keys::label(m, freed)).filter(|freed| *freed != key);
        let writes = [account, super::rules::put(claim)].into_iter().chain(freed.map(|key| self.delete(key)));
        let request = self.client.transact_write_items().set_transact_items(Some(writes.collect()));
        let Err(error) = request.send().await else { return Ok(()) };
        let reasons = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancelled.cancellation_reasons()
            }
            _ => &[],
        };
        let refused =
            |at: usize| reasons.get(at).and_then(|reason| reason.code()) == Some("ConditionalCheckFailed");
        match (refused(0), refused(1)) {
            (true, _) => Err(SaveError::Changed),
            (false, true) => Err(SaveError::LabelTaken(label.to_owned())),
            (false, false) => Err(unavailable("TransactWriteItems")(error).into()),
        }
    }

    /// Deletes an integration with its claim on the label, its tokens and its option lists.
    pub async fn delete_integration(&self, integration: &Integration) -> Result<(), StoreError> {
        let Integration { marketplace: m, id, label, .. } = integration;
        let keys = [keys::integration(m, id), keys::label(m, label), keys::tokens(m, id)];
        let writes = keys.map(|key| self.delete(key));
        let request = self.client.transact_write_items().set_transact_items(Some(writes.into()));
        request.send().await.map_err(unavailable("TransactWriteItems"))?;
        self.delete_options(m, id).await
    }

    /// Marks an account whose credentials, as they were in `used`, the app refused.
    pub async fn mark_needs_reconnect(
        &self,
        used: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Refusal, StoreError> {
        let key = keys::integration(&used.marketplace, &used.id);
        let connection = Connection::NeedsReconnect { since: now, reason: reason.clone() };
        let standing = keys::standing(&connection, &used.marketplace, &used.id);
        let connection: AttributeValue =
            serde_dynamo::to_attribute_value(&connection).map_err(|source| StoreError::Corrupt {
                pk: key.pk.clone(),
                sk: key.sk.clone(),
                what: "a connection's state",
                source: source.into(),
            })?;
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression("SET #connection = :connection, gsi3sk = :standing")
            .condition_expression("#connection.#state = :connected AND credentials = :used")
            .expression_attribute_names("#connection", "connection")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":connection", connection)
            .expression_attribute_values(":standing", S(standing))
            .expression_attribute_values(":connected", S("connected".to_owned()))
            .expression_attribute_values(":used", S(used.credentials.0.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Refusal::First),
            Err(SdkError::ServiceError(refused)) => match refused.into_err() {
                UpdateItemError::ConditionalCheckFailedException(failed) => {
                    let same =
                        failed.item.is_none_or(|item| text(&item, "credentials") == used.credentials.0);
                    Ok(if same { Refusal::Known } else { Refusal::Outdated })
                }
                error => Err(StoreError::Unavailable {
                    operation: "UpdateItem of an integration",
                    source: Box::new(error),
                }),
            },
            Err(error) => Err(unavailable("UpdateItem of an integration")(error)),
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

/// With the account's place in its app's fleet, which so cannot differ from the account itself.
fn with_standing(mut item: Item, integration: &Integration) -> Item {
    let Integration { marketplace: m, id, app, connection, .. } = integration;
    item.insert("gsi3pk".to_owned(), S(keys::fleet(*app, keys::fleet_shard(m))));
    item.insert("gsi3sk".to_owned(), S(keys::standing(connection, m, id)));
    item
}
