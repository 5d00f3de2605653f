//! Connecting an account, its name, and its option lists.
//!
//! Expectations follow the vendor's Marketing API document (`/`, `/lists`, `/lists/{list_id}/tag-search`,
//! `/lists/{list_id}/merge-fields`) and its OAuth guide.

use connector::call::Identity;
use connector::testing::{Received, Reply, Stub, Wire, assert_told, granted, lines};
use domain::app::App;
use domain::manifest::{Catalog, ClientAuth, Format};
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use mailchimp::Mailchimp;
use serde_json::{Map, Value, json};

use crate::{KEY, add_to_list, member, not_found, problem};

fn token() -> Value {
    json!({"access_token": "t0ken", "dc": "us6"})
}

fn wire(credentials: Value) -> Wire<Mailchimp> {
    Wire::new(Mailchimp::new, credentials, "/mailchimp/3.0")
}

async fn pull(list: &str, replies: Vec<Reply>) -> (Result<Vec<OptionItem>, Setback>, Vec<Received>) {
    wire(token()).options(list, replies).await
}

fn audiences(ids: &[&str]) -> Reply {
    let lists: Vec<_> = ids.iter().map(|id| json!({"id": id, "name": format!("List {id}")})).collect();
    Reply::json(200, json!({"lists": lists, "total_items": ids.len()}))
}

fn item(value: &str, label: &str, parent: &str) -> OptionItem {
    OptionItem { parent: Some(parent.to_owned()), ..OptionItem::new(value, label) }
}

#[test]
fn oauth_is_offered_first_and_is_as_the_guide_has_it() {
    let manifest = Catalog::get().manifest(App::MAILCHIMP).unwrap();
    let keys: Vec<_> = manifest.methods.iter().map(|method| method.key.as_str()).collect();
    assert_eq!(keys, ["oauth", "api_key"]);
    let oauth = manifest.methods[0].oauth.as_ref().unwrap();
    assert_eq!(oauth.authorize, "https://login.mailchimp.com/oauth2/authorize");
    assert_eq!(oauth.token, "https://login.mailchimp.com/oauth2/token");
    assert_eq!((oauth.body, oauth.client), (Format::Form, ClientAuth::Body));
    assert!(!oauth.refresh && !oauth.pkce && oauth.scopes.is_empty() && oauth.revoke.is_none());
}

#[tokio::test]
async fn an_account_connected_by_oauth_is_called_with_its_token() {
    let (outcome, received) = wire(token()).perform(&add_to_list(), vec![member("subscribed")]).await;
    assert_eq!((outcome, received[0].header("authorization")), (Outcome::DONE, "Bearer t0ken"));
}

#[tokio::test]
async fn a_grant_is_asked_for_its_data_center() {
    let found = json!({"dc": "us21", "accountname": "Ada's Bookshop", "api_endpoint": "https://us21.api.mailchimp.com"});
    let ask = async |reply: Reply| {
        let stub = Stub::start([reply]).await.unwrap();
        let mailchimp = Mailchimp::new(&stub.settings()).unwrap();
        (granted(&mailchimp, json!({"access_token": "t0ken"}), Map::new()).await, stub.received())
    };
    let (kept, received) = ask(Reply::json(200, found)).await;
    assert_eq!(kept.unwrap().into_iter().collect::<Vec<_>>(), [("dc".to_owned(), "us21".to_owned())]);
    assert_eq!(lines(&received), ["GET /mailchimp/oauth2/metadata"]);
    assert_eq!(received[0].header("authorization"), "OAuth t0ken");

    let refusal = json!({"error": "invalid_token", "error_description": "The token is expired."});
    for (case, reply, kind, words) in [
        ("refused", Reply::json(200, refusal), "reconnect", "rejected the login: The token is expired."),
        ("refused, bare", Reply::json(200, json!({"error": "invalid_token"})), "reconnect", "invalid_token"),
        ("unauthorized", Reply::status(401), "reconnect", "rejected the API key or the login. |"),
        ("nowhere", Reply::json(200, json!({"accountname": "Ada"})), "reconnect", "data centers"),
        ("elsewhere", Reply::json(200, json!({"dc": "us6.evil.example/"})), "reconnect", "data centers"),
        ("garbage", Reply::text(200, "<html>"), "retry", "cannot be read"),
        ("fault", Reply::status(503), "retry", "503"),
        ("too many", Reply::status(429), "wait", "no more calls"),
    ] {
        assert_told(&ask(reply).await.0.unwrap_err(), kind, words, case);
    }
}

#[tokio::test]
async fn the_connection_test_asks_for_the_accounts_name() {
    let named = |name: &str| Identity { account: Some(name.to_owned()) };
    for (credentials, reply, identity) in [
        (token(), Reply::json(200, json!({"account_name": "Ada's Bookshop"})), named("Ada's Bookshop")),
        (json!({"api_key": KEY}), Reply::json(200, json!({"account_name": "Zoë"})), named("Zoë")),
        (token(), Reply::json(200, json!({"account_name": " "})), Identity::default()),
        (token(), Reply::json(200, json!({})), Identity::default()),
    ] {
        let (found, received) = wire(credentials).identify(vec![reply]).await;
        assert_eq!(found, Ok(identity));
        assert_eq!(lines(&received), ["GET /?fields=account_name"]);
    }
    for (case, reply, kind, words) in [
        (
            "key",
            problem(401, "API Key Invalid", "Your API key may be invalid"),
            "reconnect",
            "may be invalid",
        ),
        (
            "disabled",
            problem(403, "User Disabled", "This account has been deactivated"),
            "reconnect",
            "deactivated",
        ),
        ("fault", Reply::status(500), "retry", "500"),
        ("garbage", Reply::text(200, "<html>"), "retry", "cannot be read"),
        ("no such page", Reply::status(404), "rejected", "Mailchimp rejected the request. |"),
        ("anything else", problem(400, "Bad Request", "Nope."), "rejected", "request: Nope. |"),
    ] {
        let (refused, _) = wire(json!({"api_key": KEY})).identify(vec![reply]).await;
        assert_told(&refused.unwrap_err(), kind, words, case);
    }
    let (refused, received) = wire(json!({"api_key": "0123456789abcdef"})).identify(vec![]).await;
    assert_told(&refused.unwrap_err(), "reconnect", "data center", "half a key");
    assert_eq!(received, []);
}

#[tokio::test]
async fn audiences_are_pulled_page_by_page() {
    let page = |from: usize, to: usize| {
        let lists: Vec<_> =
            (from..to).map(|n| json!({"id": format!("a{n}"), "name": format!("List {n}")})).collect();
        Reply::json(200, json!({"lists": lists, "total_items": 1001}))
    };
    let (pulled, received) = pull("audiences", vec![page(0, 1000), page(1000, 1001)]).await;
    let pulled = pulled.unwrap();
    assert_eq!((pulled.len(), &pulled[1000]), (1001, &OptionItem::new("a1000", "List 1000")));
    let path = "GET /lists?count=1000&offset";
    let fields = "fields=lists.id%2Clists.name%2Ctotal_items";
    assert_eq!(lines(&received), [format!("{path}=0&{fields}"), format!("{path}=1000&{fields}")]);

    // A wrong total ends the requests at an empty page.
    let (pulled, received) = pull("audiences", vec![page(0, 3), page(0, 0)]).await;
    assert_eq!((pulled.unwrap().len(), received.len()), (3, 2));
}

#[tokio::test]
async fn tags_are_those_of_every_audience_by_name() {
    let tags = |names: &[&str]| {
        let tags: Vec<_> = names.iter().map(|name| json!({"id": 1, "name": name})).collect();
        Reply::json(200, json!({"tags": tags, "total_items": names.len()}))
    };
    let replies =
        vec![audiences(&["a1", "gone", "a2"]), tags(&["VIP", "Käufer"]), not_found(), tags(&["VIP"])];
    let (pulled, received) = pull("tags", replies).await;
    assert_eq!(
        pulled.unwrap(),
        [item("VIP", "VIP", "a1"), item("Käufer", "Käufer", "a1"), item("VIP", "VIP", "a2")]
    );
    let search = |list: &str, offset| format!("GET /lists/{list}/tag-search?count=1000&offset={offset}");
    assert_eq!(lines(&received)[1..], [search("a1", 0), search("gone", 0), search("a2", 0)]);

    // The page may be smaller than requested.
    let page = |from: usize, to: usize| {
        let tags: Vec<_> = (from..to).map(|n| json!({"id": n, "name": format!("Tag {n}")})).collect();
        Reply::json(200, json!({"tags": tags, "total_items": 25}))
    };
    let replies = vec![audiences(&["a1"]), page(0, 10), page(10, 20), page(20, 25)];
    let (pulled, received) = pull("tags", replies).await;
    let pulled = pulled.unwrap();
    assert_eq!((pulled.len(), &pulled[24]), (25, &item("Tag 24", "Tag 24", "a1")));
    assert_eq!(lines(&received)[1..], [search("a1", 0), search("a1", 10), search("a1", 20)]);
}

#[tokio::test]
async fn fields_are_those_of_every_audience_by_tag() {
    let field = |tag: &str, name: &str, kind: &str| json!({"tag": tag, "name": name, "type": kind});
    let page = |fields: Vec<Value>| Reply::json(200, json!({"merge_fields": fields, "total_items": 2}));
    let replies = vec![
        audiences(&["a1"]),
        page(vec![field("PHONE", "Phone Number", "phone")]),
        page(vec![field("ADDRESS", "Address", "address")]),
    ];
    let (pulled, received) = pull("merge_fields", replies).await;
    let expected = [
        item("PHONE", "Phone Number (PHONE, phone)", "a1"),
        item("ADDRESS", "Address (ADDRESS, address)", "a1"),
    ];
    assert_eq!(pulled.unwrap(), expected);
    let path = "GET /lists/a1/merge-fields?count=1000&offset";
    let fields = "fields=merge_fields.tag%2Cmerge_fields.name%2Cmerge_fields.type%2Ctotal_items";
    assert_eq!(lines(&received)[1..], [format!("{path}=0&{fields}"), format!("{path}=1&{fields}")]);
}

#[tokio::test]
async fn a_list_that_cannot_be_pulled_says_why() {
    for list in ["audiences", "tags", "merge_fields"] {
        for (reply, kind) in
            [(Reply::status(401), "reconnect"), (Reply::status(500), "retry"), (Reply::status(429), "wait")]
        {
            let (pulled, _) = pull(list, vec![reply]).await;
            assert_told(&pulled.unwrap_err(), kind, "", list);
        }
    }
    let (pulled, _) = pull("tags", vec![audiences(&["a1"]), Reply::status(500)]).await;
    assert_told(&pulled.unwrap_err(), "retry", "500", "in the middle");
}
