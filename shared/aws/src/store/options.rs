//! Option lists. A list can be larger than an item, so it is stored in parts, with a head that names the complete
//! generation of parts: a reader never gets half of one list and half of another.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{IntegrationId, MarketplaceId, time_key};
use domain::options::{OptionItem, Pulled};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::keys::{self, Key};
use super::{Store, StoreError, read, text, unavailable, write};

/// The number of options in one part: well under an item's 400 KB.
const PART: usize = 500;

#[derive(Serialize, Deserialize)]
struct Head {
    at: Timestamp,
    truncated: bool,
}

#[derive(Serialize, Deserialize)]
struct Part {
    items: Vec<OptionItem>,
}

impl Store {
    /// Replaces a list by a newer one. Of two lists that were read concurrently, the later is kept.
    pub async fn save_options(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        pulled: &Pulled,
    ) -> Result<(), StoreError> {
        let pk = keys::options(m, integration);
        let older = self.query_prefix(pk.clone(), &format!("{}#", pulled.list));
        let older = self.all(older.projection_expression("pk, sk"), Timestamp::MIN).await?;

        let generation = generation(&pulled.list, pulled.at);
        let parts = pulled.items.chunks(PART).enumerate().map(|(number, items)| {
            let key = Key { pk: pk.clone(), sk: format!("{generation}{number:04}") };
            write(key, &Part { items: items.to_vec() })
        });
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let put = |item| self.client.put_item().table_name(&self.table).set_item(Some(item)).send();
        try_join_all(parts.into_iter().map(put)).await.map_err(unavailable("PutItem of options"))?;
        let head = Head { at: pulled.at, truncated: pulled.truncated };
        let head = write(Key { pk: pk.clone(), sk: pulled.list.clone() }, &head)?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(head));
        let request = request.condition_expression("attribute_not_exists(pk) OR #at < :at");
        let request = request
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", S(pulled.at.to_string()));
        match request.send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) => {}
            Err(error) => return Err(unavailable("PutItem of options")(error)),
        }

        let stale = older.iter().map(|item| text(item, "sk")).filter(|sk| *sk < generation);
        self.delete_parts(&pk, stale).await
    }

    /// Deletes every list of an account.
    pub async fn delete_options(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
    ) -> Result<(), StoreError> {
        let pk = keys::options(m, integration);
        let query = self.query(pk.clone()).projection_expression("pk, sk");
        let all = self.all(query, Timestamp::MIN).await?;
        self.delete_parts(&pk, all.iter().map(|item| text(item, "sk"))).await
    }

    async fn delete_parts(&self, pk: &str, sks: impl Iterator<Item = String>) -> Result<(), StoreError> {
        let delete = |sk| self.delete_item(Key { pk: pk.to_owned(), sk }).send();
        try_join_all(sks.map(delete)).await.map(drop).map_err(unavailable("DeleteItem of options"))
    }

    /// A list as it was last read from the app. Read with strong consistency, because entries that are absent from it
    /// are reported as deleted. `None` if it was never read.
    pub async fn options(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        list: &str,
        now: Timestamp,
    ) -> Result<Option<Pulled>, StoreError> {
        let pk = keys::options(m, integration);
        let Some(head) = self.get_latest(Key { pk: pk.clone(), sk: list.to_owned() }, now).await? else {
            return Ok(None);
        };
        let head: Head = read(head, "the head of an option list")?;
        let parts = self.query_prefix(pk, &generation(list, head.at)).consistent_read(true);
        let parts = self.all(parts, now).await?;
        let parts = parts.into_iter().map(|item| read::<Part>(item, "a part of an option list"));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let items = parts.into_iter().flat_map(|part| part.items).collect();
        Ok(Some(Pulled { list: list.to_owned(), items, at: head.at, truncated: head.truncated }))
    }
}

/// The prefix of the sort keys of one generation's parts.
fn generation(list: &str, at: Timestamp) -> String {
    format!("{list}#{}#", time_key(at))
}
