//! The connection test and the option lists.

use connector::testing::{Reply, assert_told, lines};
use serde_json::json;

use crate::{key, page, secret, tag, tags, token, v3_unauthorized, v4_error, wire};

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
        let (identity, received) = wire(credentials).identify(vec![reply]).await;
        assert_eq!(identity.unwrap().account.as_deref(), Some(name));
        assert_eq!(lines(&received), [line]);
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
        let (identity, received) = wire(credentials).identify(replies).await;
        assert_told(&identity.unwrap_err(), "reconnect", words, words);
        assert_eq!(received.len(), calls, "{words}");
        if words.contains("of the Kit account") {
            assert_eq!(lines(&received)[1], "GET /v3/forms?api_key=v3-key");
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
        let (items, received) = wire(credentials).options(list, replies).await;
        let items = items.unwrap();
        let items: Vec<_> = items.iter().map(|item| (item.value.as_str(), item.label.as_str())).collect();
        assert_eq!(items, [("1", "A"), ("2", "B")]);
        assert_eq!(lines(&received), calls);
    }
    // Requests stop at the number of entries that are stored.
    let thousand = |from: u64| (from..from + 1000).map(|id| tag(id, "T")).collect::<Vec<_>>();
    let pages = (0..20).map(|n| page("tags", &thousand(n * 1000 + 1), Some("more"))).collect();
    let (items, received) = wire(token()).options("tags", pages).await;
    assert_eq!((items.unwrap().len(), received.len()), (11_000, 11));
    let (refused, _) = wire(token()).options("tags", vec![v4_error(429, "Slow down")]).await;
    assert_told(&refused.unwrap_err(), "wait", "no more calls", "a limit");
    let (refused, _) = wire(secret()).options("forms", vec![v3_unauthorized()]).await;
    assert_told(&refused.unwrap_err(), "reconnect", "API Secret", "a secret");
}
