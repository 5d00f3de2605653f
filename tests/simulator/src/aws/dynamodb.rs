//! DynamoDB: tables with their indexes, expressions, transactions and TTL.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/>

mod batch;
mod capacity;
mod due;
mod error;
mod expression;
mod key;
mod number;
mod read;
mod table;
mod transaction;
mod value;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::chance::Circumstances;
use batch::BatchGet;
use error::Refusal;
use read::{Get, Query};
use table::{Delays, Place, Table};
use transaction::Transaction;
use write::{Verb, Write};

pub use due::DueIndex;
pub use key::{KeyAttribute, Schema};
pub use number::{NotANumber, Number};
pub use table::{IndexSettings, TableSettings};
pub use value::{Binary, Item, Value};

pub(super) use transaction::Prepared;

/// How long a transaction's token is remembered.
const TOKEN: Duration = Duration::from_mins(10);

/// All tables.
#[derive(Debug, Default)]
pub(super) struct DynamoDb {
    tables: BTreeMap<String, Table>,
    /// The items that transactions hold.
    held: BTreeSet<(String, Place)>,
    /// Transactions by their token.
    tokens: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    until: Timestamp,
    /// The request.
    body: Vec<u8>,
    running: bool,
}

/// The result of a call.
#[derive(Debug)]
pub(super) enum Outcome {
    Done(Answer),
    /// The transaction is committed after this time.
    Held(Duration, Prepared),
    /// A function runs for it.
    Running(oneshot::Receiver<Answer>),
}

impl Circumstances<'_> {
    fn delays(&mut self) -> Delays {
        Delays {
            staleness: self.faults.staleness,
            index: self.chance.within(self.faults.index_lag),
            ttl: self.chance.within(self.faults.ttl_delay),
        }
    }

    /// The time whose versions a read returns.
    pub(super) fn read_at(&mut self, consistent: Option<bool>) -> Timestamp {
        if consistent != Some(true) && self.chance.happens(self.faults.stale_reads) {
            let behind = self.chance.within(self.faults.staleness);
            return self.now.checked_sub(behind).unwrap_or(self.now);
        }
        self.now
    }
}

impl DynamoDb {
    pub(super) fn create(&mut self, name: &str, settings: TableSettings) {
        self.tables.insert(name.to_owned(), Table::new(settings));
    }

    pub(super) fn items(&self, table: &str) -> Vec<Arc<Item>> {
        let items = self.tables.get(table).map(|table| table.items().map(|(_, _, item)| Arc::clone(item)));
        items.into_iter().flatten().collect()
    }

    /// Whether an item of an index is due, or will be in it.
    pub(super) fn is_due(&self, DueIndex { table, index, is_due }: DueIndex, now: Timestamp) -> bool {
        let index = self.tables.get(table).and_then(|table| table.indexes.get(index));
        index.is_some_and(|index| index.items().any(|item| is_due(item, now)))
    }

    /// Performs a call; `None` if the operation is not implemented.
    pub(super) fn call(
        &mut self,
        operation: &str,
        body: &[u8],
        with: &mut Circumstances<'_>,
    ) -> Option<Outcome> {
        let done = match operation {
            "GetItem" => self.get(body, with),
            "BatchGetItem" => self.get_batch(body, with),
            "Query" => self.query(body, with),
            "PutItem" => self.write(Verb::Put, body, with),
            "UpdateItem" => self.write(Verb::Update, body, with),
            "DeleteItem" => self.write(Verb::Delete, body, with),
            "TransactWriteItems" => match self.transact(body, with) {
                Ok(Some((time, prepared))) => return Some(Outcome::Held(time, prepared)),
                Ok(None) => Ok(Answer::json(&serde_json::Map::new())),
                Err(refusal) => Err(refusal),
            },
            _ => return None,
        };
        Some(Outcome::Done(done.unwrap_or_else(refused)))
    }

    fn settled(&mut self, name: &str, with: &mut Circumstances<'_>) -> Result<&mut Table, Refusal> {
        let table = self.tables.get_mut(name).ok_or(Refusal::NotFound)?;
        let delays = with.delays();
        table.settle(with.now, delays);
        Ok(table)
    }

    fn get(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Result<Answer, Refusal> {
        let get: Get = read(body)?;
        let table = self.settled(&get.table_name, with)?;
        Ok(Answer::json(&get.run(table, with.read_at(get.consistent_read))?))
    }

    fn get_batch(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Result<Answer, Refusal> {
        let batch: BatchGet = read(body)?;
        for name in batch.tables() {
            self.settled(name, with)?;
        }
        Ok(Answer::json(&batch.run(&self.tables, with)?))
    }

    fn query(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Result<Answer, Refusal> {
        let query: Query = read(body)?;
        let table = self.settled(&query.table_name, with)?;
        Ok(Answer::json(&query.run(table, with.read_at(query.consistent_read))?))
    }

    fn write(&mut self, verb: Verb, body: &[u8], with: &mut Circumstances<'_>) -> Result<Answer, Refusal> {
        let write: Write = read(body)?;
        let table = self.settled(&write.table_name, with)?;
        let parsed = write.parse(verb, table)?;
        let place = write.place(verb, table)?;
        if self.held.contains(&(write.table_name.clone(), place)) {
            return Err(Refusal::Conflict);
        }
        let table = self.tables.get_mut(&write.table_name).ok_or(Refusal::NotFound)?;
        let planned = parsed.plan(table)?;
        table.write(&planned.place, planned.after.as_ref(), with.now, with.delays());
        Ok(Answer::json(&planned.written))
    }

    /// The first phase of a transaction; `None` if it was committed before.
    fn transact(
        &mut self,
        body: &[u8],
        with: &mut Circumstances<'_>,
    ) -> Result<Option<(Duration, Prepared)>, Refusal> {
        let transaction: Transaction = read(body)?;
        self.tokens.retain(|_, known| known.running || known.until > with.now);
        if let Some(known) =
            transaction.client_request_token.as_ref().and_then(|token| self.tokens.get(token))
        {
            return match known {
                _ if !same(&known.body, body) => Err(Refusal::OtherContent),
                Known { running: true, .. } => Err(Refusal::InProgress),
                Known { .. } => Ok(None),
            };
        }
        for table in self.tables.values_mut() {
            let delays = with.delays();
            table.settle(with.now, delays);
        }
        let conflicts = with.chance.happens(with.faults.conflicts);
        let prepared = self.prepare(transaction, conflicts)?;
        self.held.extend(prepared.places.iter().cloned());
        if let Some(token) = &prepared.token {
            let known = Known { until: with.now, body: body.to_vec(), running: true };
            self.tokens.insert(token.clone(), known);
        }
        Ok(Some((with.chance.within(with.faults.transaction_time), prepared)))
    }

    /// The second phase of a transaction.
    pub(super) fn commit(&mut self, prepared: Prepared, with: &mut Circumstances<'_>) -> Answer {
        for (table, place, item) in prepared.writes {
            if let Some(table) = self.tables.get_mut(&table) {
                table.write(&place, item.as_ref(), with.now, with.delays());
            }
        }
        for place in &prepared.places {
            self.held.remove(place);
        }
        if let Some(known) = prepared.token.and_then(|token| self.tokens.get_mut(&token)) {
            known.running = false;
            known.until = with.now.checked_add(TOKEN).unwrap_or(Timestamp::MAX);
        }
        Answer::json(&serde_json::Map::new())
    }
}

/// Whether two requests say the same: the SDK writes the attributes of an item in any order.
fn same(one: &[u8], two: &[u8]) -> bool {
    let read = |body| serde_json::from_slice::<serde_json::Value>(body).ok();
    one == two || read(one) == read(two)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|why| Refusal::validation(why.to_string()))
}

fn refused(refusal: Refusal) -> Answer {
    let code = refusal.code();
    Answer::json(&refusal.body()).failing(400, code)
}
