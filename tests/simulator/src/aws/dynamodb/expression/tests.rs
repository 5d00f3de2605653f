//! The examples of the documentation.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

use serde_json::{Value as Json, json};

use super::*;
use crate::aws::dynamodb::value::Item;

/// The documentation's product.
fn product() -> Item {
    read(&json!({
        "Id": {"N": "789"}, "ProductCategory": {"S": "Sporting Goods"}, "Price": {"N": "52"}, "InStock": {"BOOL": true},
        "Brand": {"S": "Acme"}, "Title": {"S": "Bike"}, "QuantityOnHand": {"N": "5"}, "Empty": {"NULL": true},
        "Color": {"SS": ["Red", "Black"]}, "Sizes": {"NS": ["1", "2"]},
        "RelatedItems": {"L": [{"N": "341"}, {"N": "472"}, {"N": "649"}]},
        "Pictures": {"M": {"FrontView": {"S": "http://example.com/front.jpg"}, "SideView": {"S": "http://example.com/side.jpg"}}},
        "ProductReviews": {"M": {"FiveStar": {"L": [{"S": "Excellent! Can't recommend it highly enough!"}, {"S": "Great"}]}, "OneStar": {"L": [{"S": "Terrible"}]}}},
    }))
}

fn read<T: serde::de::DeserializeOwned>(json: &Json) -> T {
    serde_json::from_value(json.clone()).unwrap()
}

fn names(json: &Json) -> BTreeMap<String, String> {
    read(json)
}

fn holds(text: &str, names_of: &Json, values: &Json) -> Result<bool, String> {
    let (names, values): (BTreeMap<_, _>, BTreeMap<String, Value>) = (names(names_of), read(values));
    let placeholders = Placeholders::new(Some(&names), Some(&values));
    let condition = Condition::parse(Kind::Condition, text, &placeholders).map_err(message)?;
    placeholders.all_used().map_err(message)?;
    Ok(condition.holds(&product()))
}

fn message(refusal: Refusal) -> String {
    match refusal {
        Refusal::Validation(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn conditions_hold_as_documented() {
    let none = json!({});
    for (text, values, expected) in [
        ("attribute_not_exists(Id)", json!({}), false),
        ("attribute_exists(ProductReviews.OneStar)", json!({}), true),
        ("attribute_exists(ProductReviews.TwoStar)", json!({}), false),
        ("attribute_type(ProductReviews.FiveStar, :v_sub)", json!({":v_sub": {"S": "L"}}), true),
        ("begins_with(Pictures.FrontView, :v_sub)", json!({":v_sub": {"S": "http://"}}), true),
        ("contains(Color, :v_sub)", json!({":v_sub": {"S": "Red"}}), true),
        ("contains(Brand, :v_sub)", json!({":v_sub": {"S": "cm"}}), true),
        ("contains(RelatedItems, :v_sub)", json!({":v_sub": {"N": "472.0"}}), true),
        ("size(Brand) <= :v_sub", json!({":v_sub": {"N": "3"}}), false),
        ("size(Color) = :v_sub AND size(Pictures) = :v_sub", json!({":v_sub": {"N": "2"}}), true),
        (
            "(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)",
            json!({":cat1": {"S": "Sporting Goods"}, ":cat2": {"S": "Gardening Supplies"}, ":lo": {"N": "50"}, ":hi": {"N": "60"}}),
            true,
        ),
        ("Price > :limit", json!({":limit": {"N": "500"}}), false),
        ("NOT Price > :limit OR attribute_exists(Nothing)", json!({":limit": {"N": "500"}}), true),
        ("Price <> :v_sub", json!({":v_sub": {"S": "52"}}), true),
        ("Nothing <> :v_sub", json!({":v_sub": {"S": "52"}}), true),
        (
            "Nothing = :v_sub OR Nothing < :v_sub OR Nothing IN (:v_sub)",
            json!({":v_sub": {"S": "52"}}),
            false,
        ),
        ("RelatedItems[1] = :v_sub", json!({":v_sub": {"N": "472"}}), true),
        ("Price = QuantityOnHand OR Price > QuantityOnHand", json!({}), true),
        // AND binds tighter than OR.
        (
            "InStock = :v_sub OR InStock = :v_sub AND attribute_not_exists(Id)",
            json!({":v_sub": {"BOOL": true}}),
            true,
        ),
    ] {
        assert_eq!(holds(text, &none, &values), Ok(expected), "{text}");
    }
    assert_eq!(
        holds("#pr.FiveStar[0] = #pr.FiveStar[1]", &json!({"#pr": "ProductReviews"}), &none),
        Ok(false)
    );
}

#[test]
fn a_wrong_condition_is_refused_with_the_reason() {
    let value = |kind: &str, value: &str| json!({ ":v": { kind: value } });
    for (text, names, values, expected) in [
        ("", json!({}), json!({}), "Invalid ConditionExpression: The expression can not be empty;"),
        (
            "Comment = :v",
            json!({}),
            value("S", "a"),
            "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: Comment",
        ),
        (
            "#c = :v",
            json!({}),
            value("S", "a"),
            "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #c",
        ),
        (
            "Price = :w",
            json!({}),
            value("S", "a"),
            "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :w",
        ),
        (
            "Price = Id",
            json!({}),
            value("S", "a"),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            "Price = Id",
            json!({"#a": "b"}),
            json!({}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            "((Price = :v))",
            json!({}),
            value("S", "a"),
            "Invalid ConditionExpression: The expression has redundant parentheses;",
        ),
        (
            "begins_with(Brand, :v)",
            json!({}),
            value("N", "1"),
            "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "attribute_exists(:v)",
            json!({}),
            value("N", "1"),
            "Invalid ConditionExpression: Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "Price < :v",
            json!({}),
            json!({":v": {"BOOL": true}}),
            "Invalid ConditionExpression: Incorrect operand type for operator or function; operator: <, operand type: BOOL",
        ),
        (
            "Price = Price",
            json!({}),
            json!({}),
            "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [Price]",
        ),
        (
            "starts(Brand, :v)",
            json!({}),
            value("S", "1"),
            "Invalid ConditionExpression: Invalid function name; function: starts",
        ),
        (
            "Price between :v and :w",
            json!({}),
            json!({":v": {"N": "2"}, ":w": {"N": "1"}}),
            "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "Price = ",
            json!({}),
            json!({}),
            "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"= <EOF>\"",
        ),
    ] {
        assert_eq!(holds(text, &names, &values), Err(expected.to_owned()), "{text}");
    }
    assert_eq!(holds("(Price = Id) AND (Price = Id OR (Id = Price))", &json!({}), &json!({})), Ok(false));
}

/// The attributes that an update changes, or the error.
fn updated(text: &str, names_of: &Json, values: &Json) -> Result<Json, String> {
    let (names, values): (BTreeMap<_, _>, BTreeMap<String, Value>) = (names(names_of), read(values));
    let placeholders = Placeholders::new(Some(&names), Some(&values));
    let update = Update::parse(text, &placeholders).map_err(message)?;
    placeholders.all_used().map_err(message)?;
    let (before, after) = (product(), update.apply(&product()).map_err(message)?);
    let changed: Item = after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).collect();
    Ok(serde_json::to_value(changed).unwrap())
}

#[test]
fn updates_change_what_is_documented() {
    let none = json!({});
    for (text, values, expected) in [
        (
            "SET Brand = :b, Price = :p",
            json!({":b": {"S": "B"}, ":p": {"N": "1"}}),
            json!({"Brand": {"S": "B"}, "Price": {"N": "1"}}),
        ),
        (
            "SET RelatedItems[1] = :ri",
            json!({":ri": {"S": "new"}}),
            json!({"RelatedItems": {"L": [{"N": "341"}, {"S": "new"}, {"N": "649"}]}}),
        ),
        (
            "SET RelatedItems[9] = :ri",
            json!({":ri": {"S": "new"}}),
            json!({"RelatedItems": {"L": [{"N": "341"}, {"N": "472"}, {"N": "649"}, {"S": "new"}]}}),
        ),
        ("SET Price = Price - :p", json!({":p": {"N": "15"}}), json!({"Price": {"N": "37"}})),
        (
            "SET RelatedItems = list_append(:a, RelatedItems)",
            json!({":a": {"L": [{"S": "first"}]}}),
            json!({"RelatedItems": {"L": [{"S": "first"}, {"N": "341"}, {"N": "472"}, {"N": "649"}]}}),
        ),
        (
            "SET Price = if_not_exists(Price, :p), Cost = if_not_exists(Cost, :p)",
            json!({":p": {"N": "7"}}),
            json!({"Cost": {"N": "7"}}),
        ),
        (
            "SET Pictures.RearView = :v",
            json!({":v": {"S": "rear"}}),
            json!({"Pictures": {"M": {"FrontView": {"S": "http://example.com/front.jpg"}, "SideView": {"S": "http://example.com/side.jpg"}, "RearView": {"S": "rear"}}}}),
        ),
        (
            "REMOVE RelatedItems[0], RelatedItems[2]",
            json!({}),
            json!({"RelatedItems": {"L": [{"N": "472"}]}}),
        ),
        (
            "ADD QuantityOnHand :q, Sold :q",
            json!({":q": {"N": "3"}}),
            json!({"QuantityOnHand": {"N": "8"}, "Sold": {"N": "3"}}),
        ),
        (
            "ADD Color :c",
            json!({":c": {"SS": ["Orange", "Red"]}}),
            json!({"Color": {"SS": ["Black", "Orange", "Red"]}}),
        ),
        ("DELETE Color :c", json!({":c": {"SS": ["Red", "Yellow"]}}), json!({"Color": {"SS": ["Black"]}})),
        // Every operand is read before anything changes.
        (
            "SET Price = QuantityOnHand, QuantityOnHand = Price",
            json!({}),
            json!({"Price": {"N": "5"}, "QuantityOnHand": {"N": "52"}}),
        ),
        (
            "set Price = :p remove Brand add Sold :p",
            json!({":p": {"N": "1"}}),
            json!({"Price": {"N": "1"}, "Sold": {"N": "1"}}),
        ),
    ] {
        assert_eq!(updated(text, &none, &values), Ok(expected), "{text}");
    }
}

#[test]
fn a_wrong_update_is_refused_with_the_reason() {
    let one = json!({":v": {"N": "1"}});
    for (text, values, expected) in [
        (
            "SET Price = Cost",
            json!({}),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            "SET Brand = Brand + :v",
            one.clone(),
            "An operand in the update expression has an incorrect data type",
        ),
        (
            "SET Photos.Rear = :v",
            one.clone(),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "REMOVE Photos.Rear",
            json!({}),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET Price = :v SET Cost = :v",
            one.clone(),
            "Invalid UpdateExpression: The \"SET\" section can only be used once in an update expression;",
        ),
        (
            "SET Pictures = :v, Pictures.Rear = :v",
            one.clone(),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [Pictures], path two: [Pictures, Rear]",
        ),
        (
            "SET A.b = :v, A[0] = :v",
            one.clone(),
            "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [A, b], path two: [A, [0]]",
        ),
        (
            "DELETE Price :v",
            one.clone(),
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        ("Price = :v", one, "Invalid UpdateExpression: Syntax error; token: \"Price\", near: \"Price =\""),
    ] {
        assert_eq!(updated(text, &json!({}), &values), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn a_projection_keeps_the_structure_of_its_paths() {
    let names = names(&json!({"#pr": "ProductReviews"}));
    let placeholders = Placeholders::new(Some(&names), None);
    let text = "Id, Nothing, RelatedItems[2], RelatedItems[0], #pr.OneStar, Pictures.FrontView";
    let projection = Projection::parse(text, &placeholders).unwrap();
    let expected = json!({
        "Id": {"N": "789"}, "RelatedItems": {"L": [{"N": "341"}, {"N": "649"}]},
        "ProductReviews": {"M": {"OneStar": {"L": [{"S": "Terrible"}]}}},
        "Pictures": {"M": {"FrontView": {"S": "http://example.com/front.jpg"}}},
    });
    assert_eq!(serde_json::to_value(projection.of(&product())).unwrap(), expected);
}

#[test]
fn a_key_condition_names_a_partition_and_a_range() {
    let values: BTreeMap<String, Value> =
        read(&json!({":p": {"S": "a"}, ":from": {"S": "b"}, ":to": {"S": "c"}}));
    let placeholders = Placeholders::new(None, Some(&values));
    let parse = |text| KeyCondition::parse(text, &placeholders, ("pk", Some("sk"))).map_err(message);
    let [p, from, to] = [":p", ":from", ":to"].map(|name| &values[name]);
    assert_eq!(parse("pk = :p"), Ok(KeyCondition { partition: p, range: Bound::All }));
    assert_eq!(
        parse("sk BETWEEN :from AND :to AND pk = :p"),
        Ok(KeyCondition { partition: p, range: Bound::Between(from, to) })
    );
    assert_eq!(
        parse("pk = :p AND begins_with(sk, :from)"),
        Ok(KeyCondition { partition: p, range: Bound::BeginsWith(from) })
    );
    assert_eq!(parse("sk = :from"), Err("Query condition missed key schema element: pk".to_owned()));
    assert_eq!(
        parse("pk = :p AND kind_of = :from"),
        Err("Query condition missed key schema element: sk".to_owned())
    );
    assert_eq!(parse("pk > :p"), Err("Query key condition not supported".to_owned()));
    assert!(parse("pk = :p OR sk = :from").is_err());
    assert!(parse("pk = :p AND sk <> :from").is_err());
}
