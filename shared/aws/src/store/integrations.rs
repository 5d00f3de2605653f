//! Integrations: one item each, and one item that keeps the label unique.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::{Connection, Integration};
use domain::log::ConfigEntry;
use domain::outcome::Reason;
use domain::page::Page;
use jiff::Timestamp;

use super::key_range::KeyRange;
use super::tokens::Replacing;
use super::transaction::Cancelled;
use super::{Item, Store, StoreError, keys, read, text, write};

/// How often a save is tried if concurrent writes prevent it.
const TRIES: u32 = 5;

/// Each change by a merchant has a different time, so the time identifies the version.
const SAME_VERSION: &str = "updated_at = :before";

/// An integration that cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Another integration has the label.
    #[error("label `{0}` is in use by another integration of this marketplace: choose a different one")]
    LabelTaken(String),
    /// The integration is no longer the version that the caller read.
    #[error("the integration was changed by another request: read it again")]
    Changed,
    /// The write failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Items that are written in one transaction with an account.
#[derive(Debug, Clone, Copy, Default)]
pub struct SideWrites<'a> {
    /// The entry in its Configuration Log.
    pub entry: Option<&'a ConfigEntry>,
    /// Whether the account's held jobs are released.
    pub release: bool,
    /// The tokens of the login that connects the account.
    pub tokens: Option<Replacing<'a>>,
}

/// The result of recording that the app refused an account's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The account is marked now.
    First,
    /// The account was marked before, or is deleted.
    Known,
    /// The account has other credentials by now: the refusal does not concern those.
    Outdated,
}

impl Store {
    /// An integration by id, read with strong consistency, because the caller acts on it.
    pub async fn integration(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        self.get_latest(keys::integration(m, id), now)
            .await?
            .map(|item| read(item, "an integration"))
            .transpose()
    }

    /// Every integration of a marketplace.
    pub async fn integrations(
        &self,
        m: &MarketplaceId,
        now: Timestamp,
    ) -> Result<Vec<Integration>, StoreError> {
        let query = self.query_prefix(keys::marketplace(m), keys::INTEGRATION);
        self.all(query, now).await?.into_iter().map(|item| read(item, "an integration")).collect()
    }

    /// The next integrations by id, at most `limit`, after the last one of the previous page.
    pub async fn integrations_page(
        &self,
        m: &MarketplaceId,
        app: Option<App>,
        after: Option<&IntegrationId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Integration, IntegrationId>, StoreError> {
        let range =
            KeyRange { listing: false, pk: keys::marketplace(m), prefix: keys::INTEGRATION, beyond: "" };
        let read = |item| read(item, "an integration");
        let wanted = |found: &Integration| app.is_none_or(|app| app == found.app);
        let page = self.page(&range, after.map(IntegrationId::as_str), limit, read, wanted, now).await?;
        Ok(Page { items: page.items, next: page.next.and_then(|next| next.parse().ok()) })
    }

    /// Saves an integration with its claim on the label, unconditionally.
    pub async fn save_integration(&self, integration: &Integration, now: Timestamp) -> Result<(), SaveError> {
        let Integration { marketplace: m, id, .. } = integration;
        let mut tried = 0;
        loop {
            let before = self.integration(m, id, now).await?;
            match self.replace_integration(before.as_ref(), integration, SideWrites::default(), now).await {
                Err(SaveError::Changed) if tried < TRIES => tried += 1,
                done => return done,
            }
        }
    }

    /// Saves an integration with its claim on the label, if the stored version still is `before`.
    pub async fn replace_integration(
        &self,
        before: Option<&Integration>,
        integration: &Integration,
        along: SideWrites<'_>,
        now: Timestamp,
    ) -> Result<(), SaveError> {
        let item = write(keys::integration(&integration.marketplace, &integration.id), integration)?;
        let account = Put::builder().table_name(&self.table).set_item(Some(with_standing(item, integration)));
        let account = if let Some(before) = before {
            let version = S(before.updated_at.to_string());
            account.condition_expression(SAME_VERSION).expression_attribute_values(":before", version)
        } else {
            // Written first, so that no marketplace with an account is missing from the directory.
            self.list_marketplace(&integration.marketplace, now).await?;
            account.condition_expression("attribute_not_exists(pk)")
        };
        self.with_label(super::rules::put(account), integration, before, along, now).await
    }

    /// Changes an integration's label, if the integration still is `before`.
    pub async fn rename_integration(
        &self,
        before: &Integration,
        label: &str,
        along: SideWrites<'_>,
        now: Timestamp,
    ) -> Result<Integration, SaveError> {
        // Only the label is written: attributes that connectors write do not make a new version.
        let update = self
            .update(before)
            .update_expression("SET #label = :label, updated_at = :now, changed_by = :author")
            .condition_expression(SAME_VERSION)
            .expression_attribute_names("#label", "label")
            .expression_attribute_values(":label", S(label.to_owned()))
            .expression_attribute_values(":now", S(now.to_string()))
            .expression_attribute_values(":author", attribute(&self.author, "an author")?)
            .expression_attribute_values(":before", S(before.updated_at.to_string()));
        let (label, changed_by) = (label.to_owned(), Some(self.author.clone()));
        let renamed = Integration { label, changed_by, updated_at: now, ..before.clone() };
        self.with_label(built(update)?, &renamed, Some(before), along, now).await?;
        Ok(renamed)
    }

    /// Writes an account, claims its label and frees its previous label, in one transaction.
    async fn with_label(
        &self,
        account: TransactWriteItem,
        after: &Integration,
        before: Option<&Integration>,
        along: SideWrites<'_>,
        now: Timestamp,
    ) -> Result<(), SaveError> {
        let Integration { marketplace: m, id, label, .. } = after;
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
        let freed = before.map(|before| keys::label(m, &before.label)).filter(|freed| *freed != key);
        let mut writes = vec![account, super::rules::put(claim)];
        writes.extend(freed.map(|key| self.delete(key)));
        writes.extend(self.along(m, id, along, now)?);
        self.transact(writes).await.map_err(|cancelled| match cancelled {
            Cancelled::Unmet(1) => SaveError::LabelTaken(label.clone()),
            Cancelled::Unmet(_) => SaveError::Changed,
            Cancelled::Store(error) => error.into(),
        })
    }

    /// Deletes an integration and its claim on the label, if the integration still is `before`, and keeps its label for
    /// the log. Its held jobs are released, so that they end as rejected: the account will not be reconnected.
    pub async fn delete_integration(
        &self,
        before: &Integration,
        entry: Option<&ConfigEntry>,
        now: Timestamp,
    ) -> Result<(), SaveError> {
        let Integration { marketplace: m, id, label, .. } = before;
        let key = keys::integration(m, id);
        let account = Delete::builder()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .condition_expression(SAME_VERSION)
            .expression_attribute_values(":before", S(before.updated_at.to_string()));
        let account = account.build().map_err(incomplete)?;
        let mut writes = vec![TransactWriteItem::builder().delete(account).build()];
        writes.push(self.delete(keys::label(m, label)));
        writes.push(self.put(self.disconnected_item(before, now)?));
        writes.extend(self.along(m, id, SideWrites { entry, release: true, tokens: None }, now)?);
        self.transact(writes).await.map_err(|cancelled| match cancelled {
            Cancelled::Unmet(_) => SaveError::Changed,
            Cancelled::Store(error) => error.into(),
        })
    }

    /// Records that an account's app accepted the credentials in `used`, and the account's name in the app. An account
    /// that had to be reconnected is connected again, and its held jobs are released. Only these attributes are
    /// written, so concurrent changes are kept. `false`: the account has other credentials by now, or is deleted.
    pub async fn mark_answered(
        &self,
        used: &Integration,
        account: Option<String>,
        entry: &ConfigEntry,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Integration { marketplace: m, id, .. } = used;
        let account = account.or_else(|| used.account.clone());
        let release = used.connection != Connection::Connected;
        let mut set = Vec::new();
        let mut update = self.update(used).condition_expression("credentials = :used");
        update = update.expression_attribute_values(":used", S(used.credentials.0.clone()));
        if release {
            let connected = attribute(&Connection::Connected, "a connection's state")?;
            let standing = keys::standing(&Connection::Connected, m, id);
            set.push("#connection = :connection, fleet_sk = :standing");
            update = update
                .expression_attribute_names("#connection", "connection")
                .expression_attribute_values(":connection", connected)
                .expression_attribute_values(":standing", S(standing));
        }
        if let Some(account) = &account {
            set.push("#account = :account");
            update = update.expression_attribute_values(":account", S(account.clone()));
        }
        // In both cases the request is an update, which has the condition.
        let remove = if account.is_none() { " REMOVE #account" } else { "" };
        let set = if set.is_empty() { String::new() } else { format!("SET {}", set.join(", ")) };
        let update = update
            .expression_attribute_names("#account", "account")
            .update_expression(format!("{set}{remove}").trim());
        let mut writes = vec![built(update)?];
        writes.extend(self.along(m, id, SideWrites { entry: Some(entry), release, tokens: None }, now)?);
        match self.transact(writes).await {
            Ok(()) => Ok(true),
            Err(Cancelled::Unmet(_)) => Ok(false),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    /// Marks an account whose credentials in `used` the app refused, with an entry in its Configuration Log.
    pub async fn mark_needs_reconnect(
        &self,
        used: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Refusal, StoreError> {
        let Integration { marketplace: m, id, app, credentials, .. } = used;
        let connection = Connection::NeedsReconnect { since: now, reason: reason.clone() };
        let standing = keys::standing(&connection, m, id);
        let update = self
            .update(used)
            .update_expression("SET #connection = :connection, fleet_sk = :standing")
            .condition_expression("#connection.#state = :connected AND credentials = :used")
            .expression_attribute_names("#connection", "connection")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":connection", attribute(&connection, "a connection's state")?)
            .expression_attribute_values(":standing", S(standing))
            .expression_attribute_values(":connected", S("connected".to_owned()))
            .expression_attribute_values(":used", S(credentials.0.clone()));
        let entry = ConfigEntry::of_account(id, *app, "Needs reconnect", Err(ConfigEntry::held(reason)), now);
        let mut writes = vec![built(update)?];
        writes.extend(self.along(m, id, SideWrites { entry: Some(&entry), ..SideWrites::default() }, now)?);
        match self.transact(writes).await {
            Ok(()) => Ok(Refusal::First),
            Err(Cancelled::Unmet(_)) => {
                let latest = self.integration(m, id, now).await?;
                let same = latest.is_none_or(|latest| latest.credentials == *credentials);
                Ok(if same { Refusal::Known } else { Refusal::Outdated })
            }
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    fn along(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        along: SideWrites<'_>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let entry = along.entry.map(|entry| self.config_entry(m, entry)).transpose()?;
        let release = along.release.then(|| super::release::release(m, id, now)).transpose()?;
        let tokens = along.tokens.map(|tokens| self.replace_tokens(m, id, tokens)).transpose()?;
        Ok(entry.into_iter().chain(release).map(|item| self.put(item)).chain(tokens).collect())
    }

    fn update(&self, integration: &Integration) -> UpdateBuilder {
        let key = keys::integration(&integration.marketplace, &integration.id);
        Update::builder().table_name(&self.table).key("pk", S(key.pk)).key("sk", S(key.sk))
    }

    /// The integration that has a label, if any.
    pub async fn integration_labelled(
        &self,
        m: &MarketplaceId,
        label: &str,
        now: Timestamp,
    ) -> Result<Option<Integration>, StoreError> {
        let Some(claim) = self.get_latest(keys::label(m, label), now).await? else { return Ok(None) };
        match text(&claim, "integration").parse() {
            Ok(id) => self.integration(m, &id, now).await,
            Err(_) => Ok(None),
        }
    }
}

/// Adds the account's place in its app's fleet, so that it cannot differ from the account itself.
fn with_standing(mut item: Item, integration: &Integration) -> Item {
    let Integration { marketplace: m, id, app, connection, .. } = integration;
    item.insert("fleet_pk".to_owned(), S(keys::fleet(*app, keys::fleet_shard(m))));
    item.insert("fleet_sk".to_owned(), S(keys::standing(connection, m, id)));
    item
}

fn built(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
}

fn incomplete(error: BuildError) -> StoreError {
    StoreError::Unavailable { operation: "TransactWriteItems", source: Box::new(error) }
}

fn attribute(value: &impl serde::Serialize, what: &'static str) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|source| StoreError::Corrupt {
        pk: String::new(),
        sk: String::new(),
        what,
        source: source.into(),
    })
}
