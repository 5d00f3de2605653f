//! Writing an event: the fact once, and the decision of each trigger beside it.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::id::{EventId, MarketplaceId};
use domain::log::Timer;
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use jiff::Timestamp;

use super::super::keys::{self, SHARDS};
use super::super::{Item, Store, StoreError, compact, is_expired, item_size, unavailable};
use super::{
    FACT, StoredFact, TIMER, UNSTORED, VERDICTS, unstored_attribute, verdicts_attribute, verdicts_text,
};

/// A fact as it was received: the content of the event's item before any trigger has decided.
#[derive(Debug, Clone)]
pub struct FactReceived<'a> {
    /// The event's id.
    pub id: EventId,
    /// The event's marketplace.
    pub marketplace: &'a MarketplaceId,
    /// The producer's id of the fact.
    pub fact_id: &'a str,
    /// The fact's name on the bus.
    pub detail_type: &'a str,
    /// The buyer's address.
    pub email: &'a str,
    /// The fact's detail as it was published.
    pub detail: &'a str,
    /// When the engine received it.
    pub now: Timestamp,
}

/// The part that is added to an event.
#[derive(Debug, Clone, Copy)]
pub enum EventWrite<'a> {
    /// Nothing: the fact alone.
    Fact,
    /// A trigger's verdict on every rule that it read. The first stored verdicts of a trigger are kept.
    Verdicts(Trigger, &'a [RuleVerdict]),
    /// The state of the prospect's timer. Its first states, `Waiting` and `Joined`, do not replace a result.
    Timer(&'a Timer),
}

/// The result of writing an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The decision is stored.
    Written,
    /// Another invocation with the same fact has stored its decision first, and that decision is kept.
    Decided,
}

/// An attribute of an event.
struct Attribute {
    name: String,
    value: AttributeValue,
    /// Whether it replaces the stored value. The fact's own attributes do not.
    replaces: bool,
}

impl Store {
    /// Adds to an event, and stores the fact with it unless a trigger has done so. An event that has expired and is not
    /// deleted yet is replaced: its old attributes no longer count.
    pub async fn record_event(
        &self,
        seen: &FactReceived<'_>,
        decision: EventWrite<'_>,
    ) -> Result<Recorded, StoreError> {
        let first_of = match &decision {
            EventWrite::Verdicts(trigger, _) => Some(verdicts_attribute(*trigger)),
            EventWrite::Timer(Timer::Waiting { .. } | Timer::Joined { .. }) => Some(TIMER.to_owned()),
            EventWrite::Timer(Timer::Fired { .. } | Timer::Bought { .. }) | EventWrite::Fact => None,
        };
        let mut attributes = self.fact(seen)?;
        attributes.extend(decided(seen, decision)?);
        let mut expired = None;
        loop {
            let refused = match &expired {
                None => self.add_to_event(seen, &attributes, first_of.as_deref()).await?,
                Some(expired) => self.renew_event(seen, &attributes, expired).await?,
            };
            match refused {
                None => return Ok(Recorded::Written),
                Some(stored) if is_expired(&stored, seen.now) => expired = Some(stored),
                // Another trigger has replaced the expired event first.
                Some(_) if expired.is_some() => expired = None,
                Some(_) => return Ok(Recorded::Decided),
            }
        }
    }

    /// The fact's own attributes.
    fn fact(&self, seen: &FactReceived<'_>) -> Result<Vec<Attribute>, StoreError> {
        let listing = keys::events_listing(seen.marketplace, seen.id.fact.shard(SHARDS));
        let kept = |name: &str, value| Attribute { name: name.to_owned(), value, replaces: false };
        let FactReceived { detail_type, fact_id, email, detail, now, .. } = seen;
        let text = StoredFact::text(detail_type, fact_id, email, *now, detail);
        let fact = compact::pack(&text).map_err(|error| unwritable(seen, error.into()))?;
        Ok(vec![
            kept(FACT, B(fact)),
            kept("listing_pk", S(listing)),
            kept("listing_sk", S(keys::event(seen.marketplace, &seen.id).sk)),
            kept("ttl", self.expires(seen.now)),
        ])
    }

    /// Adds to an event that has not expired. `first_of`: only if the event has no such attribute. If the condition is
    /// not met, returns the stored event.
    async fn add_to_event(
        &self,
        seen: &FactReceived<'_>,
        attributes: &[Attribute],
        first_of: Option<&str>,
    ) -> Result<Option<Item>, StoreError> {
        let assign = |(index, attribute): (usize, &Attribute)| {
            if attribute.replaces {
                format!("#a{index} = :a{index}")
            } else {
                format!("#a{index} = if_not_exists(#a{index}, :a{index})")
            }
        };
        let set: Vec<_> = attributes.iter().enumerate().map(assign).collect();
        let first = first_of.map(|name| format!(" AND attribute_not_exists({name})")).unwrap_or_default();
        let condition = format!("(attribute_not_exists(pk) OR #ttl > :now){first}");
        self.update_event(seen, attributes, format!("SET {}", set.join(", ")), condition).await
    }

    /// Replaces an expired event. If it is no longer stored, returns the event that is.
    async fn renew_event(
        &self,
        seen: &FactReceived<'_>,
        attributes: &[Attribute],
        expired: &Item,
    ) -> Result<Option<Item>, StoreError> {
        let set: Vec<_> = (0..attributes.len()).map(|index| format!("#a{index} = :a{index}")).collect();
        let decided = |name: &&String| {
            [VERDICTS, UNSTORED, TIMER].iter().any(|prefix| name.starts_with(prefix))
                && attributes.iter().all(|attribute| attribute.name != **name)
        };
        let stale: Vec<_> = expired.keys().filter(decided).map(String::as_str).collect();
        let mut expression = format!("SET {}", set.join(", "));
        if !stale.is_empty() {
            expression = format!("{expression} REMOVE {}", stale.join(", "));
        }
        self.update_event(seen, attributes, expression, "#ttl <= :now".to_owned()).await
    }

    async fn update_event(
        &self,
        seen: &FactReceived<'_>,
        attributes: &[Attribute],
        expression: String,
        condition: String,
    ) -> Result<Option<Item>, StoreError> {
        let key = keys::event(seen.marketplace, &seen.id);
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression(expression)
            .condition_expression(condition)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", N(seen.now.as_second().to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (index, Attribute { name, value, .. }) in attributes.iter().enumerate() {
            request = request
                .expression_attribute_names(format!("#a{index}"), name)
                .expression_attribute_values(format!(":a{index}"), value.clone());
        }
        match request.send().await {
            Ok(_) => Ok(None),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(failed) = refused.into_err() else {
                    unreachable!("matched above")
                };
                Ok(Some(failed.item.unwrap_or_default()))
            }
            Err(error) => Err(unavailable("UpdateItem of an event")(error)),
        }
    }
}

/// The attributes of a decision.
fn decided(seen: &FactReceived<'_>, decision: EventWrite<'_>) -> Result<Vec<Attribute>, StoreError> {
    let own = |name, value| Attribute { name, value, replaces: true };
    Ok(match decision {
        EventWrite::Fact => Vec::new(),
        EventWrite::Verdicts(trigger, verdicts) => {
            let (stored, unstored) = item_size::fitting(verdicts, item_size::room(seen.detail))
                .map_err(|error| unwritable(seen, error.into()))?;
            let stored = compact::pack(&verdicts_text(seen.id, &stored));
            let stored = stored.map_err(|error| unwritable(seen, error.into()))?;
            let mut decided = vec![own(verdicts_attribute(trigger), B(stored))];
            if unstored > 0 {
                decided.push(own(unstored_attribute(trigger), N(unstored.to_string())));
            }
            decided
        }
        EventWrite::Timer(timer) => {
            let timer = serde_dynamo::to_attribute_value(timer);
            vec![own(TIMER.to_owned(), timer.map_err(|error| unwritable(seen, error.into()))?)]
        }
    })
}

fn unwritable(seen: &FactReceived<'_>, source: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    let keys::Key { pk, sk } = keys::event(seen.marketplace, &seen.id);
    StoreError::Corrupt { pk, sk, what: "an event to write", source }
}
