//! TransactWriteItems: in two phases, between which it holds its items.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;

use super::DynamoDb;
use super::error::{Reason, Refusal};
use super::table::Place;
use super::value::Item;
use super::write::{Verb, Write};

/// The most writes of a transaction.
const MOST: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Transaction {
    transact_items: Vec<Member>,
    pub(super) client_request_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Member {
    put: Option<Write>,
    update: Option<Write>,
    delete: Option<Write>,
    condition_check: Option<Write>,
}

impl Member {
    fn write(&self) -> Result<(Verb, &Write), Refusal> {
        let all = [
            (Verb::Put, &self.put),
            (Verb::Update, &self.update),
            (Verb::Delete, &self.delete),
            (Verb::Check, &self.condition_check),
        ];
        let mut given = all.into_iter().filter_map(|(verb, write)| Some((verb, write.as_ref()?)));
        match (given.next(), given.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(Refusal::validation(
                "TransactItems can only contain one of Check, Put, Update or Delete".to_owned(),
            )),
        }
    }
}

/// A transaction whose conditions are met.
#[derive(Debug)]
pub(in crate::aws) struct Prepared {
    pub(super) places: Vec<(String, Place)>,
    /// The items to write, each with its table.
    pub(super) writes: Vec<(String, Place, Option<Arc<Item>>)>,
    pub(super) token: Option<String>,
}

impl DynamoDb {
    /// The first phase. `conflicts`: another client's write conflicts with the transaction.
    pub(super) fn prepare(&self, transaction: Transaction, conflicts: bool) -> Result<Prepared, Refusal> {
        let members = &transaction.transact_items;
        if members.is_empty() || members.len() > MOST {
            let bound =
                if members.is_empty() { "greater than or equal to 1" } else { "less than or equal to 100" };
            return Err(Refusal::validation(format!(
                "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length {bound}"
            )));
        }
        let members = members.iter().map(Member::write).collect::<Result<Vec<_>, _>>()?;
        let (mut places, mut parsed) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
        for (verb, write) in members {
            let table = self.tables.get(&write.table_name).ok_or(Refusal::NotFound)?;
            parsed.push(write.parse(verb, table)?);
            if let Ok(place) = write.place(verb, table) {
                places.push((write.table_name.clone(), place));
            }
        }
        if places.iter().collect::<BTreeSet<_>>().len() < places.len() {
            return Err(Refusal::validation(
                "Transaction request cannot include multiple operations on one item".to_owned(),
            ));
        }
        let mut writes = Vec::with_capacity(parsed.len());
        let mut reasons = vec![Reason::NONE; parsed.len()];
        for (parsed, reason) in parsed.iter().zip(&mut reasons) {
            let name = &parsed.write.table_name;
            let table = self.tables.get(name).ok_or(Refusal::NotFound)?;
            // The item of another transaction cannot be judged yet.
            let planned = match parsed.write.place(parsed.verb, table) {
                Ok(place) if self.held.contains(&(name.clone(), place.clone())) => Err(Refusal::Conflict),
                _ => parsed.plan(table),
            };
            match planned {
                Ok(_) if parsed.verb == Verb::Check => {}
                Ok(planned) => writes.push((name.clone(), planned.place, planned.after)),
                Err(refusal) => *reason = refusal.reason(),
            }
        }
        if conflicts && let Some(reason) = reasons.first_mut().filter(|reason| **reason == Reason::NONE) {
            *reason = Refusal::Conflict.reason();
        }
        // An update that cannot be applied counts if every condition is met.
        if reasons.iter().any(|reason| reason.code == "ConditionalCheckFailed") {
            for (parsed, reason) in parsed.iter().zip(&mut reasons) {
                if parsed.verb == Verb::Update && reason.code == "ValidationError" {
                    *reason = Reason::NONE;
                }
            }
        }
        if reasons.iter().any(|reason| *reason != Reason::NONE) {
            return Err(Refusal::Cancelled(reasons));
        }
        Ok(Prepared { places, writes, token: transaction.client_request_token })
    }
}
