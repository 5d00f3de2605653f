//! PutItem, UpdateItem and DeleteItem, and the writes of a transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::capacity::{self, Capacity, Reported};
use super::error::Refusal;
use super::expression::{Condition, Kind, Placeholders, Projection, Update};
use super::table::{Place, Table};
use super::value::{Item, Shared, Value, item_size};

/// The most bytes of an item.
const LARGEST: usize = 400 * 1024;

/// The operation of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Put,
    Update,
    Delete,
    /// The condition of a transaction on an item that it does not write.
    Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Returned {
    None,
    AllOld,
    AllNew,
    UpdatedOld,
    UpdatedNew,
}

/// A write. Which fields it has is different for each verb.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Write {
    pub(super) table_name: String,
    item: Option<Item>,
    key: Option<Item>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, Value>>,
    return_values: Option<Returned>,
    return_values_on_condition_check_failure: Option<Returned>,
    return_consumed_capacity: Option<Reported>,
}

/// The result of a write.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Capacity>,
}

/// A write that can be made.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) place: Place,
    /// The item after the write; `None` if there is none.
    pub(super) after: Option<Arc<Item>>,
    pub(super) written: Written,
}

impl Write {
    /// Where the item is.
    pub(super) fn place(&self, verb: Verb, table: &Table) -> Result<Place, Refusal> {
        let missing = |name: &str| {
            Refusal::validation(format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
            ))
        };
        match verb {
            Verb::Put => table.settings.keys.of_item(self.item.as_ref().ok_or_else(|| missing("item"))?),
            Verb::Update | Verb::Delete | Verb::Check => {
                table.settings.keys.of_key(self.key.as_ref().ok_or_else(|| missing("key"))?)
            }
        }
    }

    /// Reads the write's expressions, and refuses a write that no item could make valid.
    pub(super) fn parse(&self, verb: Verb, table: &Table) -> Result<Parsed<'_>, Refusal> {
        let placeholders = Placeholders::new(
            self.expression_attribute_names.as_ref(),
            self.expression_attribute_values.as_ref(),
        );
        let given = self.item.iter().flat_map(BTreeMap::values);
        let mut given = given.chain(self.expression_attribute_values.iter().flat_map(BTreeMap::values));
        if let Some(fault) = given.find_map(Value::fault) {
            return Err(Refusal::validation(fault.to_owned()));
        }
        let update = self.update_expression.as_deref();
        let update = update.map(|text| Update::parse(text, &placeholders)).transpose()?;
        let condition = self.condition_expression.as_deref();
        let condition =
            condition.map(|text| Condition::parse(Kind::Condition, text, &placeholders)).transpose()?;
        placeholders.all_used()?;
        self.check_returned(verb)?;
        if let Some(key) =
            update.iter().flat_map(Update::attributes).find(|name| table.settings.keys.has(name))
        {
            return Err(Refusal::validation(format!(
                "One or more parameter values were invalid: Cannot update attribute {key}. This attribute is part of the key"
            )));
        }
        Ok(Parsed { write: self, verb, condition, update })
    }

    fn check_returned(&self, verb: Verb) -> Result<(), Refusal> {
        match (verb, self.return_values) {
            (
                Verb::Put | Verb::Delete,
                Some(Returned::AllNew | Returned::UpdatedOld | Returned::UpdatedNew),
            ) => Err(Refusal::validation("Return values set to invalid value".to_owned())),
            _ => Ok(()),
        }
    }

    fn attributes(
        &self,
        update: Option<&Update<'_>>,
        before: Option<&Arc<Item>>,
        after: Option<&Arc<Item>>,
    ) -> Option<Shared> {
        let whole = |item: Option<&Arc<Item>>| item.map(Arc::clone);
        let updated = |item: Option<&Arc<Item>>| {
            let changed = Projection::of_paths(update?.paths().cloned().collect()).of(item?);
            Some(Arc::new(changed)).filter(|changed| !changed.is_empty())
        };
        let shown = match self.return_values? {
            Returned::None => None,
            Returned::AllOld => whole(before),
            Returned::AllNew => whole(after),
            Returned::UpdatedOld => updated(before),
            Returned::UpdatedNew => updated(after),
        };
        shown.map(Shared)
    }
}

/// A write whose expressions can be read.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) write: &'a Write,
    pub(super) verb: Verb,
    condition: Option<Condition<'a>>,
    update: Option<Update<'a>>,
}

impl Parsed<'_> {
    /// Judges the write by the item as it is.
    pub(super) fn plan(&self, table: &Table) -> Result<Planned, Refusal> {
        let Self { write, verb, condition, update } = self;
        let place = write.place(*verb, table)?;
        // An item that the indexes refuse is refused before its condition is judged.
        for (name, index) in &table.indexes {
            if let Some(item) = &write.item {
                index.settings.keys.check_index(name, item)?;
            }
        }
        let before = table.latest(&place);
        let nothing = Item::new();
        if condition
            .as_ref()
            .is_some_and(|condition| !condition.holds(before.map_or(&nothing, |item| &**item)))
        {
            let shown = write.return_values_on_condition_check_failure == Some(Returned::AllOld);
            return Err(Refusal::Condition(before.filter(|_| shown).map(Arc::clone)));
        }
        let after = match verb {
            Verb::Put => write.item.clone().map(Arc::new),
            Verb::Delete => None,
            Verb::Check => before.map(Arc::clone),
            Verb::Update => {
                let fresh = || Arc::new(write.key.clone().unwrap_or_default());
                let item = before.map_or_else(fresh, Arc::clone);
                Some(match update {
                    None => item,
                    Some(update) => Arc::new(update.apply(&item)?),
                })
            }
        };
        if let Some(after) = &after {
            check(table, *verb, after)?;
        }
        let attributes = write.attributes(update.as_ref(), before, after.as_ref());
        let units =
            capacity::write(before.map_or(0, |item| item_size(item)), after.as_deref().map_or(0, item_size));
        let consumed_capacity = Capacity::report(write.return_consumed_capacity, &write.table_name, units);
        Ok(Planned { place, after, written: Written { attributes, consumed_capacity } })
    }
}

/// Refuses an item that the table cannot store.
fn check(table: &Table, verb: Verb, item: &Item) -> Result<(), Refusal> {
    for (name, index) in &table.indexes {
        index.settings.keys.check_index(name, item)?;
    }
    if verb != Verb::Check && item_size(item) > LARGEST {
        let what = if verb == Verb::Update { "Item size to update" } else { "Item size" };
        return Err(Refusal::validation(format!("{what} has exceeded the maximum allowed size")));
    }
    Ok(())
}
