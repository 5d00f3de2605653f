//! Direct calls: calls to an app during an API request. While the app does not respond, the call occupies one instance
//! of the API and one of the connector. So a marketplace makes one at a time, and all marketplaces together as many as
//! there are slots.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::Put;
use domain::id::MarketplaceId;
use domain::time;
use jiff::{SignedDuration, Timestamp};

use super::transaction::Cancelled;
use super::{Store, StoreError, keys, unavailable};

/// The number of direct calls that may run concurrently, of all marketplaces.
pub const SLOTS: u8 = 16;
/// The distance between slots that are tried one after another. It has no divisor in common with [`SLOTS`], so that every
/// slot is tried.
const STRIDE: u8 = 5;
/// The lease of a direct call. Longer than a function runs.
const LEASE: SignedDuration = SignedDuration::from_secs(40);

/// A direct call in progress.
#[derive(Debug)]
pub struct Permit {
    marketplace: MarketplaceId,
    slot: u8,
    token: String,
}

/// The result of requesting a direct call.
#[derive(Debug)]
pub enum Permitted {
    /// The call may be made, and its end must be reported.
    Yes(Permit),
    /// The marketplace has a direct call in progress.
    Busy,
    /// All slots are in use.
    Full,
}

impl Store {
    /// Begins a direct call, if a slot is free. `token`: a text that no other call has; it also selects the first slot to
    /// try.
    pub async fn begin_direct_call(
        &self,
        m: &MarketplaceId,
        token: String,
        now: Timestamp,
    ) -> Result<Permitted, StoreError> {
        let first = token.bytes().fold(0_u8, u8::wrapping_add);
        for number in 0..SLOTS {
            let slot = first.wrapping_add(number * STRIDE) % SLOTS;
            let put = |key: keys::Key| {
                let until = time::after(now, LEASE);
                let put = Put::builder()
                    .table_name(&self.table)
                    .item("pk", S(key.pk))
                    .item("sk", S(key.sk))
                    .item("token", S(token.clone()))
                    .item("until", N(until.as_second().to_string()))
                    .item("ttl", N(until.as_second().to_string()))
                    .condition_expression("attribute_not_exists(pk) OR #until <= :now")
                    .expression_attribute_names("#until", "until")
                    .expression_attribute_values(":now", N(now.as_second().to_string()));
                super::rules::put(put)
            };
            match self.transact(vec![put(keys::direct_call(m)), put(keys::direct_call_slot(slot))]).await {
                Ok(()) => return Ok(Permitted::Yes(Permit { marketplace: m.clone(), slot, token })),
                Err(Cancelled::Unmet(0)) => return Ok(Permitted::Busy),
                Err(Cancelled::Unmet(_)) => {}
                Err(Cancelled::Store(error)) => return Err(error),
            }
        }
        Ok(Permitted::Full)
    }

    /// Ends a direct call. If its lease has ended and another call has its slot, nothing changes.
    pub async fn end_direct_call(&self, permit: Permit) -> Result<(), StoreError> {
        let Permit { marketplace, slot, token } = permit;
        for key in [keys::direct_call(&marketplace), keys::direct_call_slot(slot)] {
            let request = self
                .delete_item(key)
                .condition_expression("#token = :token")
                .expression_attribute_names("#token", "token")
                .expression_attribute_values(":token", S(token.clone()));
            match request.send().await {
                Ok(_) => {}
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(DeleteItemError::is_conditional_check_failed_exception) => {}
                Err(error) => return Err(unavailable("DeleteItem of a direct call")(error)),
            }
        }
        Ok(())
    }
}
