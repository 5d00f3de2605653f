//! The capacity that a call of DynamoDB consumes, by AWS's billing rules.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::call::Call;

/// Requests the capacity that a write consumed. Only the table knows the previous state of an item and its indexes.
pub(crate) const ASK: &str = r#"{"ReturnConsumedCapacity":"INDEXES","#;

/// The consumption of one or more calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Units {
    /// Write request units, indexes included.
    pub(crate) write: f64,
    /// Read request units.
    pub(crate) read: f64,
    /// The write request units of each index.
    pub(crate) indexes: BTreeMap<String, f64>,
    /// Writes whose consumption is not known.
    pub(crate) unknown: u64,
}

impl Units {
    pub(crate) fn add(&mut self, other: Self) {
        self.write += other.write;
        self.read += other.read;
        self.unknown += other.unknown;
        for (index, units) in other.indexes {
            *self.indexes.entry(index).or_default() += units;
        }
    }
}

/// Whether a call writes.
pub(crate) fn writes(call: &Call) -> bool {
    let writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
    call.service == "dynamodb" && writes.contains(&call.operation.as_str())
}

/// A call's consumption, from its response.
pub(crate) fn of(call: &Call, ok: bool, answer: &[u8]) -> Units {
    if call.service != "dynamodb" {
        return Units::default();
    }
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    match (writes(call), ok) {
        (true, true) => written(&answer["ConsumedCapacity"]),
        // A write whose condition fails is billed by the size of the existing item.
        (true, false)
            if answer["__type"].as_str().is_some_and(|error| error.contains("ConditionalCheckFailed")) =>
        {
            Units { write: started(size(&answer["Item"]), 1024), ..Units::default() }
        }
        (false, true) => Units { read: read(call, &answer), ..Units::default() },
        (_, false) => Units::default(),
    }
}

fn written(consumed: &Value) -> Units {
    let tables = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    let mut units = Units::default();
    for table in tables {
        match table["CapacityUnits"].as_f64() {
            Some(write) => units.write += write,
            None => units.unknown += 1,
        }
        for (index, consumed) in table["GlobalSecondaryIndexes"].as_object().into_iter().flatten() {
            *units.indexes.entry(index.clone()).or_default() +=
                consumed["CapacityUnits"].as_f64().unwrap_or_default();
        }
    }
    units
}

/// Local AWS reports the same consumption for every read, so it is computed: half a unit per 4 KB started, of all items
/// together.
fn read(call: &Call, answer: &Value) -> f64 {
    if call.operation == "BatchGetItem" {
        return batch_read(call, answer);
    }
    let bytes = match answer.get("Items").and_then(Value::as_array) {
        Some(items) => items.iter().map(size).sum(),
        None => size(&answer["Item"]),
    };
    let consistent = call.body["ConsistentRead"] == true;
    started(bytes, 4096) * if consistent { 1.0 } else { 0.5 }
}

/// The items of a batch count separately.
fn batch_read(call: &Call, answer: &Value) -> f64 {
    let tables = answer["Responses"].as_object().into_iter().flatten();
    let units = tables.map(|(table, items)| {
        let consistent = call.body["RequestItems"][table]["ConsistentRead"] == true;
        let blocks = items.as_array().into_iter().flatten().map(|item| started(size(item), 4096));
        blocks.sum::<f64>() * if consistent { 1.0 } else { 0.5 }
    });
    units.sum()
}

/// The number of started blocks, at least one.
fn started(bytes: usize, block: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(block).max(1)).unwrap_or(u32::MAX))
}

/// The size of an item in bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(item: &Value) -> usize {
    item.as_object().into_iter().flatten().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    let text = value.as_str().unwrap_or_default();
    match kind.as_str() {
        "S" => text.len(),
        "N" => text.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1,
        "B" => BASE64_STANDARD.decode(text).map_or(0, |bytes| bytes.len()),
        "L" => 3 + value.as_array().into_iter().flatten().map(|value| 1 + value_size(value)).sum::<usize>(),
        "M" => {
            let fields = value.as_object().into_iter().flatten();
            3 + fields.map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        // NULL and BOOL; the engine stores no sets.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(operation: &str) -> Call {
        let (service, operation) = ("dynamodb".to_owned(), operation.to_owned());
        Call { service, operation, item: String::new(), body: Value::Null }
    }

    fn units(operation: &str, ok: bool, answer: &Value) -> Units {
        of(&call(operation), ok, answer.to_string().as_bytes())
    }

    #[test]
    fn reads_are_half_a_unit_for_each_4_kb_begun() {
        let item = json!({ "pk": { "S": "x".repeat(4094) } });
        assert!((units("GetItem", true, &json!({ "Item": item })).read - 0.5).abs() < 1e-9);
        assert!((units("Query", true, &json!({ "Items": [item, item] })).read - 1.0).abs() < 1e-9);
        assert!((units("Query", true, &json!({ "Items": [item, item, item] })).read - 1.5).abs() < 1e-9);
        assert!(
            (units("GetItem", true, &json!({})).read - 0.5).abs() < 1e-9,
            "an empty result is billed too"
        );
    }

    #[test]
    fn each_item_of_a_batch_is_read_separately() {
        let [small, large] = [100, 5000].map(|bytes| json!({ "pk": { "S": "x".repeat(bytes) } }));
        let answer = json!({ "Responses": { "table": [small, large] } });
        let mut call = call("BatchGetItem");
        let units = |call: &Call| of(call, true, answer.to_string().as_bytes()).read;
        assert!((units(&call) - 1.5).abs() < 1e-9);
        call.body = json!({ "RequestItems": { "table": { "ConsistentRead": true } } });
        assert!((units(&call) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn writes_are_what_the_table_says_indexes_apart() {
        let consumed = json!({ "CapacityUnits": 3.0, "GlobalSecondaryIndexes": { "listing": { "CapacityUnits": 1.0 } } });
        let units_of = units("PutItem", true, &json!({ "ConsumedCapacity": consumed }));
        assert_eq!((units_of.write, units_of.indexes["listing"]), (3.0, 1.0));
        assert_eq!(units("PutItem", true, &json!({})).unknown, 1);
    }

    #[test]
    fn a_condition_that_fails_is_billed_and_another_failure_is_not() {
        let failed = json!({ "__type": "ConditionalCheckFailedException", "Item": { "pk": { "S": "x".repeat(1500) } } });
        assert!((units("PutItem", false, &failed).write - 2.0).abs() < 1e-9);
        assert_eq!(units("PutItem", false, &json!({ "__type": "ThrottlingException" })), Units::default());
    }

    #[test]
    fn an_item_is_as_large_as_the_manual_says() {
        let item = json!({ "a": { "S": "é" }, "b": { "N": "-12345" }, "c": { "BOOL": true },
            "d": { "L": [{ "S": "x" }] }, "e": { "M": { "k": { "NULL": true } } }, "f": { "B": "AAAA" } });
        assert_eq!(
            size(&item),
            (1 + 2) + (1 + 4) + (1 + 1) + (1 + 3 + 1 + 1) + (1 + 3 + 1 + 1 + 1) + (1 + 3)
        );
    }
}
