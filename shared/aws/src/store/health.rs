//! The health of an account's app: failures in a row, the circuit breaker, and the probe after it.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue::{Bool, N, S};
use aws_sdk_dynamodb::types::ReturnValue;
use domain::integration::{Health, Integration};
use domain::time;
use jiff::Timestamp;

use super::{Store, StoreError, condition_met, keys, read};

#[derive(serde::Deserialize)]
struct Updated {
    health: Health,
}

/// How a failure is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streak {
    /// The app has responded since the failure before: the count begins again.
    Begins,
    /// No function that saw this failure has seen a response since the failure before: the count continues.
    GoesOn,
}

impl Store {
    /// Counts a call that failed temporarily; from the tenth failure in a row, opens the circuit breaker. `known` is
    /// the account's health when the call began. Returns until when the circuit breaker is open, if this failure opened
    /// it.
    pub async fn record_failure(
        &self,
        known: &Integration,
        streak: Streak,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        // An account that was deleted or reconnected in the meantime starts without failures.
        let (update, condition) = match streak {
            Streak::GoesOn => ("SET health.failures = health.failures + :one", "credentials = :credentials"),
            // Only the probe closes an open circuit breaker.
            Streak::Begins => (
                "SET health.failures = :one",
                "credentials = :credentials AND attribute_not_exists(health.open_until)",
            ),
        };
        let request = self
            .update_health(known)
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_values(":one", N("1".to_owned()))
            .return_values(ReturnValue::AllNew);
        let Some(health) = self.updated(request).await? else { return Ok(None) };
        if !Health::opens_after(health.failures) {
            return Ok(None);
        }
        let until = health.next_open_until(now);
        let request = self
            .update_health(known)
            .update_expression(
                "SET health.open_until = :until, health.pauses = health.pauses + :one REMOVE health.probing",
            )
            .expression_attribute_values(":until", S(until.to_string()))
            .expression_attribute_values(":one", N("1".to_owned()))
            .return_values(ReturnValue::AllNew);
        let request = expect_pause(request, known);
        Ok(self.updated(request).await?.map(|_| until))
    }

    /// Resets the failures of an account whose app responds again.
    pub async fn record_success(&self, known: &Integration) -> Result<(), StoreError> {
        let request = self
            .update_health(known)
            .update_expression(
                "SET health.failures = :none, health.pauses = :none REMOVE health.open_until, health.probing",
            )
            .condition_expression("credentials = :credentials")
            .expression_attribute_values(":none", N("0".to_owned()))
            .return_values(ReturnValue::AllNew);
        self.updated(request).await.map(drop)
    }

    /// Stores the time before which the app accepts no calls, unless a later time is stored.
    pub async fn record_limit(&self, known: &Integration, until: Timestamp) -> Result<(), StoreError> {
        let request = self
            .update_health(known)
            .update_expression("SET health.not_before = :until")
            .condition_expression(
                "credentials = :credentials AND (attribute_not_exists(health.not_before) OR health.not_before < :until)",
            )
            .expression_attribute_values(":until", S(until.to_string()))
            .return_values(ReturnValue::AllNew);
        self.updated(request).await.map(drop)
    }

    /// Takes the probe when the circuit breaker's time is over; other calls wait `lease` longer. `None`: another call
    /// took the probe.
    pub async fn take_probe(
        &self,
        known: &Integration,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Health>, StoreError> {
        let until = time::later(now, lease);
        let request = self
            .update_health(known)
            .update_expression("SET health.open_until = :until, health.probing = :probing")
            .expression_attribute_values(":until", S(until.to_string()))
            .expression_attribute_values(":probing", Bool(true))
            .return_values(ReturnValue::AllNew);
        self.updated(expect_pause(request, known)).await
    }

    fn update_health(&self, known: &Integration) -> UpdateItemFluentBuilder {
        let key = keys::integration(&known.marketplace, &known.id);
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .expression_attribute_values(":credentials", S(known.credentials.0.clone()))
    }

    /// The health after an update; `None` if its condition was not met.
    async fn updated(&self, request: UpdateItemFluentBuilder) -> Result<Option<Health>, StoreError> {
        let updated = condition_met(request.send().await, "UpdateItem of an account's health")?;
        let read = |item| read::<Updated>(item, "an integration").map(|updated| updated.health);
        updated.map(|answer| read(answer.attributes.unwrap_or_default())).transpose()
    }
}

/// Only if the circuit breaker still is in the known state.
fn expect_pause(request: UpdateItemFluentBuilder, known: &Integration) -> UpdateItemFluentBuilder {
    match known.health.open_until {
        None => request
            .condition_expression("credentials = :credentials AND attribute_not_exists(health.open_until)"),
        Some(until) => request
            .condition_expression("credentials = :credentials AND health.open_until = :known")
            .expression_attribute_values(":known", S(until.to_string())),
    }
}
