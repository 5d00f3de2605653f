//! Portal sessions. Every use is a single conditional write, which also counts it, so that a session that was revoked,
//! or that calls too often, is refused at once and everywhere.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::id::{MarketplaceId, SessionId};
use domain::session::Session;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{Item, Store, StoreError, keys, read, unavailable, write};

/// The number of sessions that are revoked concurrently.
const AT_ONCE: usize = 25;

/// Whether a session may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The session may be used.
    Granted,
    /// The session was revoked, or does not exist.
    Ended,
    /// The session has reached its limit of uses in this minute.
    TooOften,
}

impl Store {
    /// Stores a session. It is kept for a day after its end, so that the list of sessions includes it.
    pub async fn save_session(&self, session: &Session) -> Result<(), StoreError> {
        let mut item = write(keys::session(&session.marketplace, &session.id), session)?;
        let kept = session.expires_at.as_second().saturating_add(86_400);
        item.insert("ttl".to_owned(), N(kept.to_string()));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of a session"))
    }

    /// The sessions of a marketplace.
    pub async fn sessions(&self, m: &MarketplaceId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let query = self.query_prefix(keys::marketplace(m), "SESSION#");
        self.all(query, now).await?.into_iter().map(|item| read(item, "a session")).collect()
    }

    /// Revokes a session now. `false`: it does not exist.
    pub async fn revoke_session(
        &self,
        m: &MarketplaceId,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let request = self
            .update_session(m, id)
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", S(now.to_string()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable("UpdateItem of a session")(error)),
        }
    }

    /// Revokes all sessions of a marketplace now. Returns how many of them were active.
    pub async fn revoke_sessions(&self, m: &MarketplaceId, now: Timestamp) -> Result<usize, StoreError> {
        let open: Vec<_> =
            self.sessions(m, now).await?.into_iter().filter(|session| session.is_open(now)).collect();
        for some in open.chunks(AT_ONCE) {
            try_join_all(some.iter().map(|session| self.revoke_session(m, &session.id, now))).await?;
        }
        Ok(open.len())
    }

    /// Uses a session once, of `limit` times a minute. A call from a clock that is behind counts for the later minute.
    pub async fn use_session(
        &self,
        m: &MarketplaceId,
        id: &SessionId,
        limit: u32,
        now: Timestamp,
    ) -> Result<Use, StoreError> {
        let now = now.as_second() / 60;
        let minute = N(now.to_string());
        let counted = async || {
            let request = self
                .update_session(m, id)
                .update_expression("ADD hits :one")
                .condition_expression(
                    "attribute_not_exists(revoked_at) AND hits < :limit AND in_minute >= :minute",
                )
                .expression_attribute_values(":one", N("1".to_owned()))
                .expression_attribute_values(":limit", N(limit.to_string()))
                .expression_attribute_values(":minute", minute.clone())
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            refused(request.send().await)
        };
        let Some(stands) = counted().await? else { return Ok(Use::Granted) };
        if has_ended(&stands) {
            return Ok(Use::Ended);
        }
        let in_minute = stands.get("in_minute").and_then(|minute| minute.as_n().ok()?.parse::<i64>().ok());
        if in_minute.is_some_and(|minute| minute >= now) {
            return Ok(Use::TooOften);
        }
        // The first use in this minute. If there are several at once, one starts the count and the others continue it.
        let request = self
            .update_session(m, id)
            .update_expression("SET in_minute = :minute, hits = :one")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) AND (attribute_not_exists(in_minute) OR in_minute < :minute)",
            )
            .expression_attribute_values(":one", N("1".to_owned()))
            .expression_attribute_values(":minute", minute.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match refused(request.send().await)? {
            None => Ok(Use::Granted),
            Some(stands) if has_ended(&stands) => Ok(Use::Ended),
            Some(_) => Ok(match counted().await? {
                None => Use::Granted,
                Some(stands) if has_ended(&stands) => Use::Ended,
                Some(_) => Use::TooOften,
            }),
        }
    }

    fn update_session(
        &self,
        m: &MarketplaceId,
        id: &SessionId,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        let key = keys::session(m, id);
        let request = self.client.update_item().table_name(&self.table);
        request.key("pk", S(key.pk)).key("sk", S(key.sk))
    }
}

/// Whether a session with these attributes was revoked, or is deleted.
fn has_ended(stands: &Item) -> bool {
    stands.is_empty() || stands.contains_key("revoked_at")
}

/// The stored item that did not meet an update's condition; `None` if the update was written.
fn refused<T, R>(answer: Result<T, SdkError<UpdateItemError, R>>) -> Result<Option<Item>, StoreError>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(None),
        Err(SdkError::ServiceError(refused)) => match refused.into_err() {
            UpdateItemError::ConditionalCheckFailedException(failed) => {
                Ok(Some(failed.item.unwrap_or_default()))
            }
            error => {
                Err(StoreError::Unavailable { operation: "UpdateItem of a session", source: Box::new(error) })
            }
        },
        Err(error) => Err(unavailable("UpdateItem of a session")(error)),
    }
}
