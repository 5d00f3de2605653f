//! The connection test and the option lists.

use connector::testing::{Reply, Stub, identify, options};
use kit::Kit;
use serde_json::json;

use crate::{assert_told, key, lines, page, secret, tag, tags, token, v3_unauthorized, v4_error};

#[tokio::test]
async fn the_connection_test_names_the_account_or_what_is_wrong() {
    let v4_account = || {
        let account = json!({"id": 27, "name": "Kit Greetings", "plan_type": "creator", "primary_email_address": "a@b.co"});
        Reply::json(200, json!({"user": {"email": "a@b.co", "id": 27}, "account": account}))
    };
    let v3_account = || Reply::json(200, json!({"name": "Acme Corp.", "primary_email_address": "a@b.co"}));
    for (credentials, reply, name, line) in [
        (secret(), v3_account(), "Acme Corp.", "GET /v3/account?api_secret=v3-secret"),
        (token(), v4_account(), "Kit Greetings", "GET /v4/account"),
        (key(), v4_account(), "Kit Greetings", "GET /v4/account"),
    ] {
        let stub = Stub::start([reply]).await.unwrap();
        let identity = identify(&Kit::new(&stub.settings()).unwrap(), credentials).await.unwrap();
        assert_eq!(identity.account.as_deref(), Some(name));
        assert_eq!(lines(&stub.received()), [line]);
    }
    let refused = || v4_error(401, "The access token is invalid");
    let forms = || Reply::json(200, json!({"forms": []}));
    for (credentials, replies, words) in [
        (json!({"api_secret": "kit_key"}), vec![v3_unauthorized()], "This is a V4 API Key"),
        (
            json!({"api_secret": "v3-key"}),
            vec![v3_unauthorized(), forms()],
            "This is the API Key of the Kit account",
        ),
        (
            json!({"api_secret": "wrong"}),
            vec![v3_unauthorized(), v3_unauthorized()],
            "Kit rejected the API Secret",
        ),
        (json!({"api_key": "v3-secret"}), vec![refused()], "looks like the API Key or API Secret of V3"),
        (json!({"api_key": "kit_wrong"}), vec![refused()], "Kit rejected the V4 API Key"),
        (json!({"access_token": "wrong"}), vec![refused()], "Kit rejected the login"),
    ] {
        let calls = replies.len();
        let stub = Stub::start(replies).await.unwrap();
        let outcome = identify(&Kit::new(&stub.settings()).unwrap(), credentials).await.unwrap_err();
        assert_told(&outcome, "reconnect", words, words);
        assert_eq!(stub.received().len(), calls, "{words}");
        if words.contains("of the Kit account") {
            assert_eq!(lines(&stub.received())[1], "GET /v3/forms?api_key=v3-key");
        }
    }
}

#[tokio::test]
async fn option_lists_are_pulled_from_their_first_page_to_their_last() {
    let form = |id: u64, name: &str| json!({"id": id, "name": name, "type": "embed", "archived": false});
    for (credentials, list, replies, calls) in [
        (
            secret(),
            "tags",
            vec![tags(&[tag(1, "A"), tag(2, "B")])],
            vec!["GET /v3/tags?api_secret=v3-secret"],
        ),
        (
            secret(),
            "forms",
            vec![Reply::json(200, json!({"forms": [form(1, "A"), form(2, "B")]}))],
            vec!["GET /v3/forms?api_secret=v3-secret"],
        ),
        (
            token(),
            "tags",
            vec![page("tags", &[tag(1, "A")], Some("WzFd+/==")), page("tags", &[tag(2, "B")], None)],
            vec!["GET /v4/tags?per_page=1000", "GET /v4/tags?per_page=1000&after=WzFd%2B%2F%3D%3D"],
        ),
        (
            key(),
            "forms",
            vec![page("forms", &[form(1, "A"), form(2, "B")], Some("x")), page("forms", &[], Some("x"))],
            vec!["GET /v4/forms?per_page=1000", "GET /v4/forms?per_page=1000&after=x"],
        ),
    ] {
        let stub = Stub::start(replies).await.unwrap();
        let items = options(&Kit::new(&stub.settings()).unwrap(), credentials, list).await.unwrap();
        let items: Vec<_> = items.iter().map(|item| (item.value.as_str(), item.label.as_str())).collect();
        assert_eq!(items, [("1", "A"), ("2", "B")]);
        assert_eq!(lines(&stub.received()), calls);
    }
    // No more is asked for than is kept.
    let thousand = |from: u64| (from..from + 1000).map(|id| tag(id, "T")).collect::<Vec<_>>();
    let stub =
        Stub::start((0..20).map(|n| page("tags", &thousand(n * 1000 + 1), Some("more")))).await.unwrap();
    let items = options(&Kit::new(&stub.settings()).unwrap(), token(), "tags").await.unwrap();
    assert_eq!((items.len(), stub.received().len()), (11_000, 11));

    let stub = Stub::start([v4_error(429, "Slow down"), v3_unauthorized()]).await.unwrap();
    let kit = Kit::new(&stub.settings()).unwrap();
    assert_told(&options(&kit, token(), "tags").await.unwrap_err(), "wait", "no more calls", "a limit");
    assert_told(&options(&kit, secret(), "forms").await.unwrap_err(), "reconnect", "API Secret", "a secret");
    assert_told(
        &options(&kit, secret(), "sequences").await.unwrap_err(),
        "rejected",
        "`sequences`",
        "no list",
    );
}
