//! Shared by the tests of all apps: a purchase as a job carries it, and ends of actions.

use connector::testing::{Reply, Wire, assert_told};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use serde_json::{Value, json};

/// A job of Ada's purchase of two loaves, in the order `ord_1`.
pub(crate) fn sale(app: App, action: &str, settings: Value) -> Job {
    let price = json!({"amount": 2450, "currency": "USD"});
    let payload = json!({
        "id": "ord_1.completed", "marketplace_id": "shop-1", "occurred_at": "2026-11-21T09:59:00Z", "test_mode": false,
        "customer": {"id": "cus_1", "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
        "order": {"id": "ord_1", "total": {"amount": 5300, "currency": "USD"}},
        "item": {
            "line_id": "li_1", "product_id": "rye", "name": "Rye <!channel>", "role": "primary", "quantity": 2,
            "price": price,
        },
    });
    let job = connector::testing::job(app, action, settings);
    Job { payload: Some(payload.into()), ..job }
}

/// A job with a value that the merchant typed, which may be a name.
pub(crate) fn typed(app: App, action: &str, setting: &str, value: &str) -> Job {
    let mut job = connector::testing::job(app, action, json!({ setting: value }));
    job.typed.insert(setting.to_owned());
    job
}

/// Checks that a job ends as already so after each of these lists of responses, with this text.
pub(crate) async fn already(
    wire: &Wire<Declared>,
    job: &Job,
    cases: impl IntoIterator<Item = (Vec<Reply>, &str)>,
) {
    for (replies, words) in cases {
        let (outcome, _) = wire.perform(job, replies).await;
        assert_told(&outcome, "already so", words, words);
    }
}
