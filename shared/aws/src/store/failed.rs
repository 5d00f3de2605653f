//! The beginnings of groups of failed actions.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use domain::log::FailedActions;

use super::{Store, StoreError, condition_met, keys};

impl Store {
    /// Begins a group of failed actions. `false`: another action began it.
    pub async fn begin_failed_actions(&self, group: &FailedActions) -> Result<bool, StoreError> {
        let key = keys::failed_actions(group);
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", S(key.pk))
            .item("sk", S(key.sk))
            .item("ttl", N(group.until.as_second().to_string()))
            .condition_expression("attribute_not_exists(pk)");
        Ok(condition_met(request.send().await, "PutItem of a group of failed actions")?.is_some())
    }
}
