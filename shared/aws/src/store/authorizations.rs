//! Logins under way: merchants who were sent to an app to authorize access.

use aws_sdk_dynamodb::types::AttributeValue::N;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::authorization::{LoginId, Pending};
use jiff::Timestamp;

use super::{Store, StoreError, is_expired, keys, read, unavailable, write};

impl Store {
    /// Stores a login until it expires.
    pub async fn begin_authorization(&self, login: &LoginId, pending: &Pending) -> Result<(), StoreError> {
        let mut item = write(keys::authorization(login), pending)?;
        item.insert("ttl".to_owned(), N(pending.expires_at.as_second().to_string()));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of an authorization"))
    }

    /// Reads a login and keeps it stored. `None`: it was taken, has expired, or never existed.
    pub async fn authorization(
        &self,
        login: &LoginId,
        now: Timestamp,
    ) -> Result<Option<Pending>, StoreError> {
        let item = self.get_latest(keys::authorization(login), now).await?;
        item.map(|item| read(item, "an authorization")).transpose()
    }

    /// Deletes a login and returns it: the first caller receives it. `None`: it was taken, has expired, or never
    /// existed.
    pub async fn take_authorization(
        &self,
        login: &LoginId,
        now: Timestamp,
    ) -> Result<Option<Pending>, StoreError> {
        let request = self.delete_item(keys::authorization(login)).return_values(ReturnValue::AllOld);
        let answer = request.send().await.map_err(unavailable("DeleteItem of an authorization"))?;
        let item = answer.attributes.filter(|item| !item.is_empty() && !is_expired(item, now));
        item.map(|item| read(item, "an authorization")).transpose()
    }
}
