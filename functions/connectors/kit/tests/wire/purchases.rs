//! Purchases: their amounts, and facts without a purchase.

use connector::testing::{Reply, assert_told, lines};
use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::outcome::Outcome;
use serde_json::{Value, json};

use crate::sold::{charge, sold};
use crate::{key, nameless, perform, secret, subscribers, token, v3_error, v4_error};

#[tokio::test]
async fn a_line_of_an_order_is_a_purchase() {
    let jobs = sold("order-completed.every-field");
    let recorded = || Reply::json(201, json!({"id": 8, "transaction_id": "ord_5015:li_1"}));
    let products = json!([{
        "pid": "sourdough-course", "lid": "li_1", "sku": "sourdough-course", "name": "Sourdough Masterclass",
        "unit_price": 49.0, "quantity": 2,
    }]);
    let replies = vec![subscribers(&[]), subscribers(&[]), recorded()];
    let (outcome, received) = perform(secret(), &jobs[0], replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[2..], ["POST /v3/purchases"]);
    assert_eq!(received[2].header("content-type"), "application/json");
    let purchase = json!({
        "transaction_id": "ord_5015:li_1", "email_address": "maya.cohen@example.com", "first_name": "Maya",
        "currency": "USD", "transaction_time": "2026-03-14T08:02:45Z", "status": "paid", "subtotal": 98.0,
        "tax": 0.0, "shipping": 0.0, "discount": 9.8, "total": 88.2, "products": products,
    });
    assert_eq!(received[2].json(), json!({"api_secret": "v3-secret", "purchase": purchase}));
    // Kit would store the buyer's first name as the subscriber's.
    let known = vec![subscribers(&["maya.cohen@example.com"]), recorded()];
    let (_, received) = perform(secret(), &jobs[0], known).await;
    assert_eq!(received[1].json()["purchase"].get("first_name"), None);

    let (outcome, received) = perform(token(), &jobs[0], vec![recorded()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /v4/purchases"]);
    assert_eq!(received[0].header("authorization"), "Bearer oauth-token");
    let mut purchase = purchase;
    purchase.as_object_mut().unwrap().remove("first_name");
    purchase["shipping"] = json!(0);
    assert_eq!(received[0].json(), json!({ "purchase": purchase }));

    let (outcome, received) = perform(key(), &jobs[0], vec![]).await;
    assert_told(&outcome, "rejected", "Connect the account with your Kit login", "a V4 key");
    assert_eq!(received, []);
}

/// Transaction, email, currency, subtotal, discount, tax, shipping, total; quantity and unit price.
async fn bought(credentials: Value, job: &Job) -> Value {
    let job = nameless(job.clone());
    let (outcome, received) = perform(credentials, &job, vec![Reply::json(201, json!({}))]).await;
    assert_eq!(outcome, Outcome::DONE);
    let purchase = received[0].json()["purchase"].clone();
    let product = &purchase["products"][0];
    let adds_up = |name: &str| purchase[name].as_f64().unwrap();
    let sum = adds_up("subtotal") - adds_up("discount") + adds_up("tax") + adds_up("shipping");
    assert!((sum - adds_up("total")).abs() < 0.005, "{purchase}");
    let lines = product["unit_price"].as_f64().unwrap() * product["quantity"].as_f64().unwrap();
    assert!((lines - adds_up("subtotal")).abs() < 0.005, "{purchase}");
    json!([
        purchase["transaction_id"],
        purchase["currency"],
        purchase["subtotal"],
        purchase["discount"],
        purchase["tax"],
        purchase["shipping"],
        purchase["total"],
        product["quantity"],
        product["unit_price"],
    ])
}

#[tokio::test]
async fn what_a_purchase_comes_to() {
    let mut alone = sold("order-completed.free-with-coupon").remove(0);
    let order = |tax: u64, shipping: u64, total: u64| {
        let usd = |amount: u64| json!({"amount": amount, "currency": "USD"});
        json!({"id": "o1", "subtotal": usd(4900), "discount": usd(900), "tax": usd(tax), "shipping": usd(shipping), "total": usd(total)})
    };
    let mut with = |order: Value| {
        let mut payload: Value = serde_json::from_str(alone.payload.as_ref().unwrap().json().get()).unwrap();
        payload["order"] = order;
        payload["item"]["coupon"] = Value::Null;
        alone.payload = Some(payload.into());
        alone.clone()
    };
    let two = sold("order-completed.same-product-twice");
    assert_eq!(two.len(), 2);
    for (case, job, v3, v4) in [
        (
            "the first of two lines",
            two[0].clone(),
            json!(["ord_5009:li_1", "USD", 49.0, 0.0, 0.0, 0.0, 49.0, 1, 49.0]),
            json!(["ord_5009:li_1", "USD", 49.0, 0.0, 0.0, 0, 49.0, 1, 49.0]),
        ),
        (
            "the second",
            two[1].clone(),
            json!(["ord_5009:li_2", "USD", 49.0, 0.0, 0.0, 0.0, 49.0, 1, 49.0]),
            json!(["ord_5009:li_2", "USD", 49.0, 0.0, 0.0, 0, 49.0, 1, 49.0]),
        ),
        (
            "free",
            sold("order-completed.free-with-coupon").remove(0),
            json!(["ord_5011:li_1", "USD", 49.0, 49.0, 0.0, 0.0, 0.0, 1, 49.0]),
            json!(["ord_5011:li_1", "USD", 49.0, 49.0, 0.0, 0, 0.0, 1, 49.0]),
        ),
        (
            "yen, which have no cents",
            sold("order-completed.whole-yen").remove(0),
            json!(["ord_5014:li_1", "JPY", 9800.0, 0.0, 0.0, 0.0, 9800.0, 2, 4900.0]),
            json!(["ord_5014:li_1", "JPY", 9800.0, 0.0, 0.0, 0, 9800.0, 2, 4900.0]),
        ),
        (
            "all of an order, with its tax and shipping",
            with(order(333, 500, 4833)),
            json!(["o1:li_1", "USD", 49.0, 9.0, 3.33, 5.0, 48.33, 1, 49.0]),
            json!(["o1:li_1", "USD", 49.0, 9.0, 3.33, 5, 48.33, 1, 49.0]),
        ),
        (
            "shipping with cents, which V4 cannot represent",
            with(order(333, 550, 4883)),
            json!(["o1:li_1", "USD", 49.0, 9.0, 3.33, 5.5, 48.83, 1, 49.0]),
            json!(["o1:li_1", "USD", 49.0, 9.0, 3.33, 0, 43.33, 1, 49.0]),
        ),
        (
            "an order that does not add up",
            with(order(0, 0, 4900)),
            json!(["o1:li_1", "USD", 49.0, 0.0, 0.0, 0.0, 49.0, 1, 49.0]),
            json!(["o1:li_1", "USD", 49.0, 0.0, 0.0, 0, 49.0, 1, 49.0]),
        ),
        (
            "a recurring charge",
            charge(1500),
            json!(["charge:ch_8027", "USD", 15.0, 0.0, 0.0, 0.0, 15.0, 1, 15.0]),
            json!(["charge:ch_8027", "USD", 15.0, 0.0, 0.0, 0, 15.0, 1, 15.0]),
        ),
        (
            "a recurring charge with something on top",
            charge(1785),
            json!(["charge:ch_8027", "USD", 17.85, 0.0, 0.0, 0.0, 17.85, 1, 17.85]),
            json!(["charge:ch_8027", "USD", 17.85, 0.0, 0.0, 0, 17.85, 1, 17.85]),
        ),
    ] {
        assert_eq!(bought(secret(), &job).await, v3, "{case}");
        assert_eq!(bought(token(), &job).await, v4, "{case}");
    }
}

#[tokio::test]
async fn every_answer_to_a_purchase_has_its_outcome() {
    let job = &nameless(sold("order-completed.one-item").remove(0));
    let blank = "transaction_id can't be blank, Sku can't be blank for product: Floppy Disk (512k)";
    for (credentials, reply, kind, words) in [
        (
            secret(),
            v3_error(400, "Your request is missing parameters", blank),
            "rejected",
            "Sku can't be blank",
        ),
        (
            secret(),
            v3_error(422, "Error", "Transaction has already been taken"),
            "already so",
            "has this purchase",
        ),
        (token(), v4_error(422, "Transaction cannot be blank"), "rejected", "Transaction cannot be blank"),
        (token(), v4_error(422, "Transaction has already been taken"), "already so", "has this purchase"),
        (token(), v4_error(401, "The access token is invalid"), "reconnect", "Kit login"),
        (token(), Reply::status(503), "retry", "503"),
        (token(), Reply::Silence, "retry", "in time"),
    ] {
        let (outcome, received) = perform(credentials, job, vec![reply]).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test]
async fn a_first_name_that_kit_rejects_costs_no_purchase() {
    let job = &sold("order-completed.one-item")[0];
    let odd = v3_error(422, "Error", "first_name is invalid");
    let replies = vec![subscribers(&[]), subscribers(&[]), odd, Reply::json(201, json!({}))];
    let (outcome, received) = perform(secret(), job, replies).await;
    assert_told(&outcome, "done", "`first_name` was rejected and left out", "V3");
    assert!(received[2].json()["purchase"]["first_name"].is_string());
    assert!(received[3].json()["purchase"].get("first_name").is_none());
}

#[tokio::test]
async fn what_is_no_sale_is_no_purchase() {
    let mut bare = sold("order-completed.one-item").remove(0);
    bare.payload = None;
    let mut other = sold("order-completed.one-item").remove(0);
    other.trigger = domain::trigger::Trigger::ProductRefunded;
    for job in [bare, other] {
        let (outcome, received) = perform(secret(), &job, vec![]).await;
        assert_told(&outcome, "rejected", "contains no purchase", "no sale");
        assert_eq!(received, []);
    }
    let manifest = Catalog::get().manifest(App::KIT).unwrap();
    let action = manifest.action("add_purchase").unwrap();
    let offered: Vec<_> =
        manifest.triggers.iter().filter(|trigger| manifest.offers(action, **trigger)).collect();
    assert_eq!(json!(offered), json!(["product_purchased", "subscription_charged"]));
}
