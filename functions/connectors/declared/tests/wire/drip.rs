//! The requests of each action, and the outcome of each of Drip's answers, which follow <https://developer.drip.com> and the
//! vendor's OpenAPI file <https://github.com/DripEmail/api-docs/tree/master/spec> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str = "GET /v2/9999999/subscribers/ada@example.com";
const ACCOUNT: &str = "GET /v2/accounts/9999999";
const SERIES: &str = "GET /v2/9999999/subscribers/z1tog/campaign_subscriptions?page=1";

fn drip(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("drip", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(drip, json!({"account_id": "9999999", "api_token": "secret-token"}), "/drip")
}

fn app() -> App {
    "drip".parse().expect("an app")
}

fn act(action: &str) -> Job {
    match action {
        "record_order" => super::sale::sale(app(), action, json!({})),
        "apply_tag" | "remove_tag" => job(app(), action, json!({"tag": "Rye & Co"})),
        _ => job(app(), action, json!({"campaign": "123456"})),
    }
}

fn person(tags: &[&str]) -> Reply {
    let ada = json!({"id": "z1tog", "status": "active", "email": "ada@example.com", "tags": tags});
    Reply::json(200, json!({"links": {}, "subscribers": [ada]}))
}

fn refused(status: u16, code: &str, attribute: &str, message: &str) -> Reply {
    let error = json!({"code": code, "attribute": attribute, "message": message});
    Reply::json(status, json!({"errors": [error]}))
}

fn not_found() -> Reply {
    let error = json!({"code": "not_found_error", "message": "The resource you requested was not found"});
    Reply::json(404, json!({"errors": [error]}))
}

fn account() -> Reply {
    Reply::json(200, json!({"links": {}, "accounts": [{"id": "9999999", "name": "Bookshop"}]}))
}

fn series(entries: &[(&str, &str)]) -> Reply {
    let entry =
        |(campaign, status): &(&str, &str)| json!({"id": "1", "campaign_id": campaign, "status": status});
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    Reply::json(200, json!({"links": {}, "meta": {"page": 1}, "campaign_subscriptions": entries}))
}

#[tokio::test]
async fn a_known_person_gets_the_tag_and_nothing_else_of_them_is_changed() {
    let tagged = Reply::json(201, json!({}));
    let (outcome, received) = wire().perform(&act("apply_tag"), vec![person(&[]), tagged]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /v2/9999999/tags"]);
    assert_eq!(received[1].json(), json!({"tags": [{"email": "ada@example.com", "tag": "Rye & Co"}]}));
    for request in &received {
        assert_eq!(request.header("authorization"), "Basic c2VjcmV0LXRva2VuOg==");
    }
}

#[tokio::test]
async fn an_unknown_person_is_created_without_the_details_that_drip_rejects() {
    let mut with_phone = act("apply_tag");
    with_phone.contact.phone = Some("no number".to_owned());
    let replies = vec![
        not_found(),
        account(),
        refused(422, "format_error", "phone", "Phone is not formatted correctly"),
        person(&[]),
        Reply::json(201, json!({})),
    ];
    let (outcome, received) = wire().perform(&with_phone, replies).await;
    assert_told(&outcome, "done", "`phone` was rejected and left out", "phone");
    let create = "POST /v2/9999999/subscribers";
    assert_eq!(lines(&received), [FIND, ACCOUNT, create, create, "POST /v2/9999999/tags"]);
    let ada = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"});
    assert_eq!(received[3].json(), json!({"subscribers": [ada]}));
}

#[tokio::test]
async fn a_missing_account_is_not_taken_for_a_missing_person() {
    for action in ["apply_tag", "remove_tag", "subscribe_to_campaign", "remove_from_campaign"] {
        let (outcome, received) = wire().perform(&act(action), vec![not_found(), not_found()]).await;
        assert_told(&outcome, "reconnect", "no account with this ID", action);
        assert_eq!(lines(&received), [FIND, ACCOUNT]);
    }
}

#[tokio::test]
async fn removing_ends_where_nothing_is_left_to_remove() {
    let replies = vec![person(&["SEO", "rye & co"]), Reply::status(204)];
    let (outcome, received) = wire().perform(&act("remove_tag"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[1], "DELETE /v2/9999999/subscribers/ada@example.com/tags/Rye%20&%20Co");
    for (action, replies, words) in [
        ("remove_tag", vec![not_found(), account()], "unknown to Drip"),
        ("remove_tag", vec![person(&["SEO"])], "does not have the tag"),
        ("remove_tag", vec![person(&["Rye & Co"]), not_found()], "does not have the tag"),
        ("remove_from_campaign", vec![not_found(), account()], "unknown to Drip"),
        ("remove_from_campaign", vec![person(&[]), series(&[("777", "active")])], "not subscribed"),
        ("remove_from_campaign", vec![person(&[]), series(&[("123456", "unsubscribed")])], "not subscribed"),
    ] {
        let (outcome, _) = wire().perform(&act(action), replies).await;
        assert_told(&outcome, "already so", words, words);
    }
}

#[tokio::test]
async fn a_subscription_depends_on_how_the_last_one_ended() {
    let subscribe = act("subscribe_to_campaign");
    for entries in [&[("777", "active")][..], &[("123456", "removed")]] {
        let replies = vec![person(&[]), series(entries), person(&[])];
        let (outcome, received) = wire().perform(&subscribe, replies).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, SERIES, "POST /v2/9999999/campaigns/123456/subscribers"]);
        let ada = json!({"email": "ada@example.com", "reactivate_if_removed": true});
        assert_eq!(received[2].json(), json!({"subscribers": [ada]}));
    }
    for (status, kind, words) in [
        ("active", "already so", "subscribed to the series"),
        ("unsubscribed", "rejected", "unsubscribed from"),
    ] {
        let replies = vec![person(&[]), series(&[("123456", status)])];
        let (outcome, received) = wire().perform(&subscribe, replies).await;
        assert_told(&outcome, kind, words, status);
        assert_eq!(received.len(), 2, "{status}");
    }
    let replies = vec![person(&[]), series(&[("123456", "active")]), person(&[])];
    let (outcome, received) = wire().perform(&act("remove_from_campaign"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[2], "POST /v2/9999999/subscribers/z1tog/remove?campaign_id=123456");
}

#[tokio::test]
async fn an_order_is_recorded_with_the_jobs_id_and_without_a_subscription() {
    let accepted = Reply::json(202, json!({"request_id": "990c99a7-5cba-42e8-8f36-aec3419186ef"}));
    let job = act("record_order");
    let (outcome, received) = wire().perform(&job, vec![accepted]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /v3/9999999/shopper_activity/order"]);
    let item = json!({
        "product_id": "rye", "product_variant_id": "rye", "name": "Rye <!channel>", "price": 24.5, "quantity": 2,
        "total": 49,
    });
    let order = json!({
        "provider": "commerce", "email": "ada@example.com", "initial_status": "unsubscribed", "action": "placed",
        "occurred_at": "2026-11-21T09:59:00Z", "order_id": job.id, "order_public_id": "ord_1", "grand_total": 49,
        "currency": "USD", "items": [item],
    });
    assert_eq!(received[0].json(), order);
}

#[tokio::test]
async fn drips_errors_are_told_apart() {
    let everywhere = [
        (
            "token",
            refused(401, "authentication_error", "", "Authentication failed"),
            "reconnect",
            "API token",
        ),
        (
            "rights",
            refused(403, "authorization_error", "", "You are not authorized"),
            "reconnect",
            "account ID",
        ),
        ("address", refused(422, "email_error", "email", "Email is invalid"), "rejected", "e-mail address"),
        ("other", refused(422, "length_error", "tag", "Tag is too long"), "rejected", "Tag is too long"),
        (
            "busy",
            refused(429, "rate_limit_error", "", "Too many concurrent requests for the same subscriber"),
            "retry",
            "",
        ),
    ];
    wire().answers(&act("apply_tag"), &[person(&[])], &everywhere).await;
    let series_gone = [
        ("deleted", not_found(), "rejected", "email series no longer exists"),
        (
            "disabled",
            refused(422, "unavailable_error", "campaign", "Campaign is disabled"),
            "rejected",
            "no longer",
        ),
    ];
    wire().answers(&act("subscribe_to_campaign"), &[person(&[]), series(&[])], &series_gone).await;
    // The limit of the account has a message without a list, and no time.
    let limited = json!({"message": "API rate limit exceeded. Please try again in an hour."});
    let named = Reply::json(429, limited.clone()).header("retry-after", "12");
    wire().waits(&act("record_order"), &[], [(named, 12), (Reply::json(429, limited), 600)]).await;
}

#[tokio::test]
async fn an_account_has_its_name_and_its_lists_are_read_to_the_end() {
    let (identity, received) = wire().identify(vec![account()]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), [ACCOUNT]);
    let (identity, _) = wire().identify(vec![not_found()]).await;
    assert_told(&identity.expect_err("no account"), "reconnect", "no account with this ID", "account");

    let tags = Reply::json(200, json!({"tags": ["Customer", "SEO"]}));
    let (tags, received) = wire().options("tags", vec![tags]).await;
    assert_eq!(tags.map(|tags| tags.len()), Ok(2));
    assert_eq!(lines(&received), ["GET /v2/9999999/tags"]);

    let page = |first: u32, count: u32| {
        let campaign = |id: u32| json!({"id": id.to_string(), "name": format!("Series {id}")});
        let campaigns: Vec<Value> = (first..first + count).map(campaign).collect();
        Reply::json(200, json!({"links": {}, "meta": {"total_pages": 2}, "campaigns": campaigns}))
    };
    let (campaigns, received) = wire().options("campaigns", vec![page(0, 100), page(100, 1)]).await;
    assert_eq!(campaigns.map(|campaigns| campaigns.len()), Ok(101));
    assert_eq!(lines(&received), ["GET /v2/9999999/campaigns?page=1", "GET /v2/9999999/campaigns?page=2"]);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[Reply::json(200, json!({"tags": [], "campaigns": []}))]).await;
}
