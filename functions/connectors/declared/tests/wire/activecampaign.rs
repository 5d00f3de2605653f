//! The requests of each action, and the outcome of each of ActiveCampaign's answers, which follow
//! <https://developers.activecampaign.com/reference/overview> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const FIND: &str = "GET /contacts?email=ada%40example.com";
const LISTS: &str = "GET /contacts/113/contactLists?offset=0&limit=100";
const TAGS: &str = "GET /contacts/113/contactTags?offset=0&limit=100";

fn activecampaign(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("activecampaign", settings)
}

fn wire() -> Wire<Declared> {
    let credentials = json!({"api_url": "https://bookshop.api-us1.com", "api_key": "secret-api-key"});
    Wire::new(activecampaign, credentials, "/activecampaign/api/3")
}

fn app() -> App {
    "activecampaign".parse().expect("an app")
}

fn act(action: &str) -> Job {
    match action {
        "create_ecommerce_order" => super::sale::sale(app(), action, json!({})),
        "add_tags_to_contact" | "remove_tags_from_contact" => job(app(), action, json!({"tag": "20"})),
        _ => job(app(), action, json!({"list": "2"})),
    }
}

fn found() -> Reply {
    Reply::json(
        200,
        json!({"contacts": [{"id": "7", "email": "ada@example.co"}, {"id": "113", "email": "Ada@example.com"}]}),
    )
}

fn nobody() -> Reply {
    Reply::json(200, json!({"contacts": []}))
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
fn on_lists(entries: Value) -> Reply {
    Reply::json(200, json!({"contactLists": entries}))
}

fn error(status: u16, title: &str, code: &str, pointer: &str) -> Reply {
    let error = json!({"title": title, "detail": "", "code": code, "source": {"pointer": pointer}});
    Reply::json(status, json!({"errors": [error]}))
}

#[tokio::test]
async fn a_contact_is_created_with_their_details_and_a_known_one_is_not_changed() {
    let done = || Reply::json(200, json!({"contactList": {"id": "2"}}));
    let (outcome, received) =
        wire().perform(&act("add_contact_to_list"), vec![found(), on_lists(json!([])), done()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, LISTS, "POST /contactLists"]);
    let subscribed = json!({"contactList": {"list": "2", "contact": "113", "status": "1", "sourceid": 0}});
    assert_eq!(received[2].json(), subscribed);
    assert!(received.iter().all(|request| request.header("api-token") == "secret-api-key"));

    let created = Reply::json(201, json!({"contact": {"id": "113"}}));
    let replies = vec![nobody(), created, on_lists(json!([])), done()];
    let (outcome, received) = wire().perform(&act("add_contact_to_list"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let contact = json!({"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"});
    assert_eq!(received[1].json(), json!({"contact": contact}));
}

#[tokio::test]
async fn a_refused_detail_is_left_out_and_the_contact_is_created() {
    let mut with_phone = act("add_contact_to_list");
    with_phone.contact.phone = Some("no number".to_owned());
    let replies = vec![
        nobody(),
        error(422, "The phone number is invalid", "field_invalid", "/data/attributes/phone"),
        Reply::json(201, json!({"contact": {"id": "113"}})),
        on_lists(json!([])),
        Reply::json(200, json!({"contactList": {"id": "2"}})),
    ];
    let (outcome, received) = wire().perform(&with_phone, replies).await;
    assert_told(&outcome, "done", "`phone` was rejected and left out", "phone");
    assert_eq!(received[2].json()["contact"].get("phone"), None);
}

#[tokio::test]
async fn a_subscription_depends_on_how_the_last_one_ended() {
    let done = || Reply::json(200, json!({"contactList": {"id": "2"}}));
    let entry = |status: &str, campaign: Value| {
        on_lists(json!([{"list": "2", "status": status, "campaign": campaign}]))
    };
    let add = act("add_contact_to_list");
    for (answer, kind, words) in [
        (entry("1", Value::Null), "already so", "on the list"),
        (entry("2", json!("55")), "rejected", "unsubscribed from this list in an e-mail"),
        (entry("3", Value::Null), "rejected", "bounced"),
    ] {
        let (outcome, received) = wire().perform(&add, vec![found(), answer]).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(received.len(), 2, "{words}");
    }
    let (outcome, received) = wire().perform(&add, vec![found(), entry("2", Value::Null), done()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(received[2].json()["contactList"]["sourceid"], 4);

    let remove = act("remove_contact_from_list");
    let (outcome, received) = wire().perform(&remove, vec![found(), entry("1", Value::Null), done()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(received[2].json(), json!({"contactList": {"list": "2", "contact": "113", "status": "2"}}));
    let ends = [
        (vec![nobody()], "unknown to ActiveCampaign"),
        (vec![found(), on_lists(json!([]))], "not on the list"),
        (vec![found(), entry("2", json!("55"))], "not on the list"),
    ];
    super::sale::already(&wire(), &remove, ends).await;
}

#[tokio::test]
async fn tags_are_added_and_removed_as_pairs() {
    let tagged = Reply::json(201, json!({"contactTag": {"id": "500"}}));
    let (outcome, received) = wire().perform(&act("add_tags_to_contact"), vec![found(), tagged]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, "POST /contactTags"]);
    assert_eq!(received[1].json(), json!({"contactTag": {"contact": "113", "tag": "20"}}));

    let pairs =
        Reply::json(200, json!({"contactTags": [{"id": "499", "tag": "2"}, {"id": "500", "tag": "20"}]}));
    let replies = vec![found(), pairs.clone(), Reply::json(200, json!({}))];
    let (outcome, received) = wire().perform(&act("remove_tags_from_contact"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, TAGS, "DELETE /contactTags/500"]);
    let gone = Reply::json(404, json!({"message": "No Result found for SubscriberTag with id 500"}));
    let (outcome, _) = wire().perform(&act("remove_tags_from_contact"), vec![found(), pairs, gone]).await;
    assert_told(&outcome, "already so", "does not have the tag", "gone");
}

#[tokio::test]
async fn a_removal_succeeds_with_the_documented_empty_object_only() {
    let pairs = Reply::json(200, json!({"contactTags": [{"id": "500", "tag": "20"}]}));
    for (body, kind) in [(json!({}), "done"), (json!({"ok": true}), "retry"), (json!([]), "retry")] {
        let replies = vec![found(), pairs.clone(), Reply::json(200, body)];
        let (outcome, _) = wire().perform(&act("remove_tags_from_contact"), replies).await;
        assert_told(&outcome, kind, "", kind);
    }
}

#[tokio::test]
async fn a_typed_tag_is_a_name_even_if_it_looks_like_an_id() {
    let mut typed = job(app(), "add_tags_to_contact", json!({"tag": "2024"}));
    typed.typed.insert("tag".to_owned());
    let similar =
        Reply::json(200, json!({"tags": [{"id": "3", "tag": "2024 sale"}, {"id": "2024", "tag": "VIP"}]}));
    let created = Reply::json(201, json!({"tag": {"id": "16"}}));
    let tagged = Reply::json(201, json!({"contactTag": {"id": "500"}}));
    let (outcome, received) = wire().perform(&typed, vec![similar, created, found(), tagged]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[..2], ["GET /tags?offset=0&limit=100&search=2024", "POST /tags"]);
    assert_eq!(received[1].json(), json!({"tag": {"tag": "2024", "tagType": "contact"}}));
    assert_eq!(received[3].json()["contactTag"]["tag"], "16");
}

#[tokio::test]
async fn an_item_is_recorded_once_as_an_order_of_the_shop() {
    let of = |name: &str, entry: Value| Reply::json(200, json!({name: [entry]}));
    let shop = of("connections", json!({"id": "1", "externalid": "shop-1"}));
    let customer = of("ecomCustomers", json!({"id": "8", "email": "ada@example.com"}));
    let none = Reply::json(200, json!({"ecomOrders": []}));
    let created = Reply::json(201, json!({"ecomOrder": {"id": "3"}}));
    let before = [shop, customer];
    let replies = [&before[..], &[none, created]].concat();
    let (outcome, received) = wire().perform(&act("create_ecommerce_order"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let order = received[3].json()["ecomOrder"].clone();
    assert_eq!(
        (&order["externalid"], &order["totalPrice"]),
        (&json!(act("create_ecommerce_order").id), &json!(4900))
    );
    let product = json!({"name": "Rye <!channel>", "price": 2450, "quantity": 2, "externalid": "rye"});
    assert_eq!((&order["orderProducts"], &order["currency"]), (&json!([product]), &json!("USD")));

    let id = act("create_ecommerce_order").id;
    let recorded = of("ecomOrders", json!({"id": "3", "externalid": id}));
    let (outcome, received) =
        wire().perform(&act("create_ecommerce_order"), [&before[..], &[recorded]].concat()).await;
    assert_told(&outcome, "already so", "recorded", "again");
    assert_eq!(received.len(), 3);
}

#[tokio::test]
async fn activecampaigns_errors_are_told_apart() {
    let said = |status: u16, message: &str| Reply::json(status, json!({"message": message}));
    let answers = [
        ("key", said(403, "You do not have permission"), "reconnect", "Settings > Developer"),
        ("unpaid", Reply::status(402), "reconnect", "invoice"),
        ("deleted", said(404, "No Result found for Subscriber with id 113"), "not yet", "deleted"),
        ("tag", error(404, "Tag not found", "", ""), "rejected", "tag no longer exists"),
        (
            "other",
            error(422, "Missing attribute", "", "/data/attributes/contact"),
            "rejected",
            "Missing attribute",
        ),
    ];
    wire().answers(&act("add_tags_to_contact"), &[found()], &answers).await;
    let known =
        error(422, "Email address already exists in the system", "duplicate", "/data/attributes/email");
    let (outcome, _) = wire().perform(&act("add_tags_to_contact"), vec![nobody(), known]).await;
    assert_told(&outcome, "not yet", "does not return them yet", "race");
    let named = Reply::status(429).header("retry-after", "30");
    wire().waits(&act("add_tags_to_contact"), &[found()], [(named, 30), (Reply::status(429), 30)]).await;
}

#[tokio::test]
async fn an_account_is_its_user_and_its_lists_are_read_whole() {
    let user = json!({"user": {"id": "1", "username": "admin", "email": "owner@example.com"}});
    let (identity, received) = wire().identify(vec![Reply::json(200, user)]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("owner@example.com".to_owned())));
    assert_eq!(lines(&received), ["GET /users/me"]);
    let page = |from: u32, count: u32| {
        let lists: Vec<_> =
            (from..from + count).map(|id| json!({"id": id.to_string(), "name": "List"})).collect();
        Reply::json(200, json!({"lists": lists}))
    };
    let (lists, received) = wire().options("lists", vec![page(0, 100), page(100, 1)]).await;
    assert_eq!(lists.map(|lists| lists.len()), Ok(101));
    assert_eq!(lines(&received)[1], "GET /lists?offset=100&limit=100");
}

#[tokio::test]
async fn it_performs_its_manifest() {
    let empty = Reply::json(200, json!({"lists": [], "tags": []}));
    wire().keeps_the_manifest(act, &[empty]).await;
}
