//! Calls to an app that somebody waits for. One that is not answered holds a copy of the API and one of the connector, so a
//! marketplace makes one at a time, and all of them together as many as there are slots.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::Put;
use domain::id::MarketplaceId;
use domain::time;
use jiff::{SignedDuration, Timestamp};

use super::transaction::Cancelled;
use super::{Store, StoreError, keys, unavailable};

/// As many direct calls are under way at once, of all marketplaces.
pub const SLOTS: u8 = 16;
/// As many slots are tried before a call is refused.
const TRIES: u8 = 4;
/// How long a call that never ends holds its place. Longer than a function runs.
const LEASE: SignedDuration = SignedDuration::from_secs(40);

/// A direct call that is under way.
#[derive(Debug)]
pub struct Permit {
    marketplace: MarketplaceId,
    slot: u8,
    token: String,
}

/// Whether a direct call may be made.
#[derive(Debug)]
pub enum Permitted {
    /// It may, and its end is to be told.
    Yes(Permit),
    /// The marketplace has one under way.
    Busy,
    /// There are as many as there may be.
    Full,
}

impl Store {
    /// Begins a direct call. `token`: a text that no other call has; also where among the slots it looks first.
    pub async fn begin_direct_call(
        &self,
        m: &MarketplaceId,
        token: String,
        now: Timestamp,
    ) -> Result<Permitted, StoreError> {
        let first = token.bytes().fold(0_u8, u8::wrapping_add);
        for number in 0..TRIES {
            let slot = first.wrapping_add(number.wrapping_mul(5)) % SLOTS;
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

    /// Ends a direct call. One whose lease ran out, and whose place another has, changes nothing.
    pub async fn end_direct_call(&self, permit: Permit) -> Result<(), StoreError> {
        let Permit { marketplace, slot, token } = permit;
        for key in [keys::direct_call(&marketplace), keys::direct_call_slot(slot)] {
            let request = self
                .client
                .delete_item()
                .table_name(&self.table)
                .key("pk", S(key.pk))
                .key("sk", S(key.sk))
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
