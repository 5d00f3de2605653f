//! DynamoDB: writes under conditions, transactions and queries on few items.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use simulator::aws::dynamodb::{IndexSettings, KeyAttribute, Schema, TableSettings};

use crate::Both;
use crate::local::Local;

pub(crate) const TABLE: &str = "differential";
const INDEXES: [&str; 2] = ["listing", "due"];

fn schema(prefix: &str) -> Schema {
    let key = |name: &str| KeyAttribute { name: format!("{prefix}{name}"), kind: "S".to_owned() };
    Schema { partition: key("pk"), sort: Some(key("sk")) }
}

/// The table in memory: one index with all attributes, one with some.
pub(crate) fn settings() -> TableSettings {
    let some = ["pk", "sk", "due_pk", "due_sk", "t"].map(str::to_owned).into();
    let index = |name: &str, attributes| IndexSettings { keys: schema(&format!("{name}_")), attributes };
    let indexes = BTreeMap::from([
        ("listing".to_owned(), index("listing", None)),
        ("due".to_owned(), index("due", Some(some))),
    ]);
    TableSettings { keys: schema(""), indexes, ttl: None }
}

/// The same table in local AWS.
pub(crate) fn create(local: &Local) {
    let keys = |prefix: &str| {
        json!([
            { "AttributeName": format!("{prefix}pk"), "KeyType": "HASH" },
            { "AttributeName": format!("{prefix}sk"), "KeyType": "RANGE" },
        ])
    };
    let names = ["pk", "sk", "listing_pk", "listing_sk", "due_pk", "due_sk"];
    let index = |name: &str, projection: Value| json!({ "IndexName": name, "KeySchema": keys(&format!("{name}_")), "Projection": projection });
    local.create(
        "DynamoDB_20120810.CreateTable",
        &json!({
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys(""),
            "AttributeDefinitions": names.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })),
            "GlobalSecondaryIndexes": [
                index("listing", json!({ "ProjectionType": "ALL" })),
                index("due", json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["t"] })),
            ],
        }),
    );
}

pub(crate) fn compare(both: &mut Both, calls: usize) {
    for _ in 0..calls {
        let (operation, body) = match both.one_of(&[0, 0, 1, 1, 1, 2, 3, 4, 4, 5, 5, 6]) {
            0 => ("PutItem", write(both, "Put")),
            1 => ("UpdateItem", write(both, "Update")),
            2 => ("DeleteItem", write(both, "Delete")),
            3 => ("GetItem", get(both)),
            4 => ("Query", query(both)),
            5 => ("TransactWriteItems", transaction(both)),
            _ => ("BatchGetItem", get_batch(both)),
        };
        both.same(&format!("DynamoDB_20120810.{operation}"), &body);
    }
}

fn key(both: &mut Both) -> Value {
    let (pk, sk) = (both.one_of(&["a", "b"]), both.one_of(&["k0", "k1", "k1x", "k2"]));
    json!({ "pk": { "S": pk }, "sk": { "S": sk } })
}

fn value(both: &mut Both) -> Value {
    both.one_of(&[
        json!({ "S": "text" }),
        json!({ "S": "" }),
        json!({ "N": "1" }),
        json!({ "N": "2.50" }),
        json!({ "N": "-3e2" }),
        json!({ "BOOL": true }),
        json!({ "NULL": true }),
        json!({ "L": [{ "N": "1" }, { "S": "text" }] }),
        json!({ "L": [] }),
        json!({ "M": { "a": { "N": "1" }, "b": { "L": [{ "S": "x" }] } } }),
        json!({ "SS": ["text", "other"] }),
        json!({ "NS": ["1", "2"] }),
        json!({ "B": "AQI=" }),
        json!({ "M": {} }),
    ])
}

fn number(both: &mut Both) -> Value {
    json!({ "N": both.one_of(&["0", "1", "2", "10", "-1.5"]) })
}

const CONDITIONS: &[&str] = &[
    "attribute_not_exists(pk)",
    "attribute_exists(pk)",
    "attribute_exists(n)",
    "attribute_not_exists(m.a)",
    "n = :n",
    "n <> :n",
    "n < :n",
    "n >= :n",
    "#t = :v",
    "#t <> :v",
    "#t = :v OR n = :n",
    "NOT (#t = :v AND n = :n)",
    "attribute_not_exists(pk) OR n <= :n",
    "n BETWEEN :n AND :p",
    "n IN (:n, :o)",
    "begins_with(#t, :s)",
    "contains(#t, :s)",
    "contains(l, :v)",
    "contains(ss, :s)",
    "size(l) > :n",
    "size(ss) = :n",
    "attribute_type(#t, :k)",
    "l[0] = :n",
    "m.a = :n",
    "m.b[0] = :s",
    "(attribute_exists(n))",
    "#t = :s AND m.b[0] = :s OR attribute_exists(zz)",
];

const UPDATES: &[&str] = &[
    "SET n = :n",
    "SET n = n + :n",
    "SET n = if_not_exists(n, :o) + :n",
    "SET n = if_not_exists(n, :n)",
    "ADD n :n",
    "ADD ss :ss",
    "DELETE ss :ss",
    "SET m = :m",
    "SET m.a = :n",
    "SET m.c = :v",
    "REMOVE n, l",
    "SET l = :l",
    "SET l[0] = :v",
    "SET l = list_append(l, :l)",
    "SET l = list_append(if_not_exists(l, :l), :l)",
    "SET #t = :v",
    "SET due_pk = :s, due_sk = :s",
    "REMOVE due_pk, due_sk",
    "SET listing_pk = :s, listing_sk = :k",
    "SET n = :n REMOVE l ADD c :n",
    "SET o = n, n = :n",
    "SET due_pk = :n",
];

/// Expressions that DynamoDB refuses for every item: the field, the text, and whether local AWS accepts it.
const REFUSED: &[(&str, &str)] = &[
    ("ConditionExpression", "((n = :n))"),
    ("ConditionExpression", "n = n"),
    ("ConditionExpression", "status = :n"),
    ("ConditionExpression", "#u = :n"),
    ("ConditionExpression", "n = :undefined"),
    ("ConditionExpression", ""),
    ("ConditionExpression", "n ="),
    ("ConditionExpression", "n < :b"),
    ("ConditionExpression", "begins_with(#t, :n)"),
    ("ConditionExpression", "attribute_exists(:n)"),
    ("ConditionExpression", "unheard(n)"),
    ("ConditionExpression", "n = :n AND"),
    ("ConditionExpression", "n BETWEEN :p AND :n"),
    ("ConditionExpression", "attribute_type(#t, :s)"),
    ("UpdateExpression", "SET pk = :s"),
    ("UpdateExpression", "SET m = :m, m.a = :n"),
    ("UpdateExpression", "SET n = :n SET o = :n"),
    ("UpdateExpression", "SET n = :undefined"),
    ("UpdateExpression", "SET status = :n"),
    ("UpdateExpression", ""),
    ("UpdateExpression", "ADD n :s"),
    ("UpdateExpression", "DELETE n :n"),
    ("UpdateExpression", "n = :n"),
    ("UpdateExpression", "SET n = :n,"),
    ("UpdateExpression", "SET listing_pk = :e"),
    ("UpdateExpression", "SET n = :false"),
    ("UpdateExpression", "SET n = :none"),
    ("UpdateExpression", "SET n = zz"),
    ("UpdateExpression", "SET m.a = :n"),
    ("UpdateExpression", "REMOVE m.a"),
    ("UpdateExpression", "REMOVE l[0]"),
    ("UpdateExpression", "SET l[9] = :n"),
    ("UpdateExpression", "SET #t = list_append(#t, :l)"),
    ("KeyConditionExpression", "sk = :s"),
    ("KeyConditionExpression", "pk > :s"),
    ("KeyConditionExpression", "pk = :s OR sk = :s"),
    ("KeyConditionExpression", "pk = :s AND n = :n"),
    ("KeyConditionExpression", "pk = :s AND sk <> :s"),
    ("KeyConditionExpression", "pk = :n"),
    ("KeyConditionExpression", "pk = :s AND sk BETWEEN :s AND :a"),
    ("ProjectionExpression", "n, n"),
    ("ProjectionExpression", "m, m.a"),
    ("ProjectionExpression", "status"),
    ("ProjectionExpression", ""),
    ("ProjectionExpression", "n,"),
];

/// Refuses each of [`REFUSED`], on an item that exists.
pub(crate) fn refuse(both: &mut Both) {
    let key = json!({ "pk": { "S": "refused" }, "sk": { "S": "refused" } });
    for (field, text) in REFUSED {
        let mut item = key.clone();
        item["t"] = json!({ "S": "text" });
        both.same("DynamoDB_20120810.PutItem", &json!({ "TableName": TABLE, "Item": item }));
        let mut body = Map::new();
        body.insert("TableName".to_owned(), json!(TABLE));
        expression(both, &mut body, field, &[text]);
        let operation = match *field {
            "KeyConditionExpression" => "Query",
            "ProjectionExpression" => "GetItem",
            _ => "UpdateItem",
        };
        if operation != "Query" {
            body.insert("Key".to_owned(), key.clone());
        }
        let responses = both.same(&format!("DynamoDB_20120810.{operation}"), &Value::Object(body));
        assert_eq!(
            responses.memory.code(),
            "ValidationException",
            "{field} {text}: {}",
            responses.memory.body
        );
    }
}

/// Adds an expression, with the placeholders that it uses and sometimes one more.
fn expression(both: &mut Both, body: &mut Map<String, Value>, field: &str, texts: &[&str]) {
    let text = both.one_of(texts);
    let mut values = body.remove("ExpressionAttributeValues").unwrap_or_else(|| json!({}));
    let mut names = body.remove("ExpressionAttributeNames").unwrap_or_else(|| json!({}));
    let uses = |placeholder: &str| {
        text.match_indices(placeholder).any(|(at, _)| {
            !text[at + placeholder.len()..]
                .starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
        })
    };
    let given: Vec<(&str, Value)> = vec![
        (":n", number(both)),
        (":o", number(both)),
        (":v", value(both)),
        (":s", json!({ "S": both.one_of(&["text", "te", "x"]) })),
        (":k", json!({ "S": both.one_of(&["S", "N", "L"]) })),
        (":ss", json!({ "SS": [both.one_of(&["text", "new"])] })),
        (":m", json!({ "M": { "a": number(both), "b": { "L": [{ "S": "x" }] } } })),
        (":l", json!({ "L": [value(both)] })),
        (":e", json!({ "S": "" })),
        (":b", json!({ "BOOL": true })),
        (":p", json!({ "N": "20" })),
        (":a", json!({ "S": "A" })),
        (":false", json!({ "NULL": false })),
        (":none", json!({ "SS": [] })),
        (":pk", json!({ "S": both.one_of(&["a", "b", "text"]) })),
        (":from", json!({ "S": both.one_of(&["k0", "k1"]) })),
        (":to", json!({ "S": both.one_of(&["k1x", "k2", "text"]) })),
    ];
    for (name, value) in given {
        if uses(name) {
            values[name] = value;
        }
    }
    for (name, attribute) in [("#t", "t"), ("#s", "status")] {
        if uses(name) {
            names[name] = json!(attribute);
        }
    }
    body.insert(field.to_owned(), json!(text));
    for (field, placeholders) in [("ExpressionAttributeValues", values), ("ExpressionAttributeNames", names)]
    {
        if placeholders.as_object().is_some_and(|all| !all.is_empty()) {
            body.insert(field.to_owned(), placeholders);
        }
    }
}

fn write(both: &mut Both, verb: &str) -> Value {
    let mut body = Map::new();
    body.insert("TableName".to_owned(), json!(TABLE));
    let key = key(both);
    if verb == "Put" {
        let mut item = key;
        for name in ["n", "t", "l", "m", "ss"] {
            if both.happens(0.5) {
                item[name] = match name {
                    "n" => number(both),
                    "ss" => json!({ "SS": ["text"] }),
                    "l" => json!({ "L": [value(both)] }),
                    "m" => json!({ "M": { "a": number(both), "b": { "L": [{ "S": "x" }] } } }),
                    _ => value(both),
                };
            }
        }
        for index in INDEXES {
            if both.happens(0.4) {
                item[format!("{index}_pk")] = json!({ "S": "text" });
                item[format!("{index}_sk")] = json!({ "S": both.one_of(&["te", "text", "k1"]) });
            }
        }
        if both.happens(0.02) {
            item["due_pk"] = json!({ "N": "1" });
        }
        if both.happens(0.02) {
            item["sk"] = both.one_of(&[json!({ "S": "" }), json!({ "N": "1" })]);
        }
        body.insert("Item".to_owned(), item);
    } else {
        body.insert("Key".to_owned(), key);
    }
    if verb == "Update" {
        expression(both, &mut body, "UpdateExpression", UPDATES);
    }
    if verb == "ConditionCheck" || both.happens(0.6) {
        expression(both, &mut body, "ConditionExpression", CONDITIONS);
        if both.happens(0.5) {
            body.insert("ReturnValuesOnConditionCheckFailure".to_owned(), json!("ALL_OLD"));
        }
    }
    Value::Object(body)
}

fn get(both: &mut Both) -> Value {
    let mut body = json!({ "TableName": TABLE, "Key": key(both), "ConsistentRead": both.happens(0.5) });
    if both.happens(0.4) {
        let text = both.one_of(&["pk, n", "l[1], l[0], m.b", "m.a, m.b[0]", "zz"]);
        body["ProjectionExpression"] = json!(text);
    }
    body
}

/// Some keys, which may name one item twice, with which the call is refused.
fn get_batch(both: &mut Both) -> Value {
    let count = both.one_of(&[1, 2, 3]);
    let keys: Vec<_> = (0..count).map(|_| key(both)).collect();
    let mut wanted = json!({ "Keys": keys, "ConsistentRead": true });
    if both.happens(0.3) {
        wanted["ProjectionExpression"] = json!("pk, m.a");
    }
    json!({ "RequestItems": { TABLE: wanted } })
}

/// The ranges of a query, with P and S in place of its keys.
const RANGES: &[&str] = &[
    "P = :pk",
    "P = :pk and S = :from",
    "P = :pk and S < :to",
    "P = :pk and S >= :from",
    "S > :from and P = :pk",
    "P = :pk and S between :from and :to",
    "P = :pk and begins_with(S, :from)",
];

fn query(both: &mut Both) -> Value {
    let index = both.one_of(&[None, Some("listing"), Some("due")]);
    let prefix = index.map(|index| format!("{index}_")).unwrap_or_default();
    let range = both.one_of(RANGES).replace('P', &format!("{prefix}pk")).replace('S', &format!("{prefix}sk"));
    let mut body = Map::new();
    body.insert("TableName".to_owned(), json!(TABLE));
    expression(both, &mut body, "KeyConditionExpression", &[range.as_str()]);
    if let Some(index) = index {
        body.insert("IndexName".to_owned(), json!(index));
    }
    if both.happens(0.3) {
        // A filter can read only what the index has.
        let all = &["n = :n", "#t = :v", "attribute_exists(m.a) OR size(l) > :n"];
        expression(both, &mut body, "FilterExpression", if index == Some("due") { &all[1..2] } else { all });
    }
    if both.happens(0.3) {
        body.insert("Limit".to_owned(), json!(both.one_of(&[1, 2, 3])));
    }
    if both.happens(0.3) {
        body.insert("ScanIndexForward".to_owned(), json!(false));
    }
    if both.happens(0.2) {
        body.insert("Select".to_owned(), json!("COUNT"));
    }
    Value::Object(body)
}

fn transaction(both: &mut Both) -> Value {
    let count = both.one_of(&[1, 2, 3]);
    let members: Vec<Value> = (0..count)
        .map(|_| {
            let verb = both.one_of(&["Put", "Update", "Delete", "ConditionCheck"]);
            json!({ verb: write(both, verb) })
        })
        .collect();
    let mut body = json!({ "TransactItems": members });
    if both.happens(0.5) {
        body["ClientRequestToken"] = json!(format!("token-{}", both.calls));
    }
    body
}
