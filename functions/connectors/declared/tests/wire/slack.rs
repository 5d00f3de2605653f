//! The request of a message, and the outcome of each of Slack's answers, which follow
//! <https://github.com/slack-ruby/slack-api-ref/tree/master/methods> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::json;

fn slack(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("slack", settings)
}

fn wire() -> Wire<Declared> {
    Wire::new(slack, json!({"bot_token": "xoxb-secret-token"}), "/slack/api")
}

fn app() -> App {
    "slack".parse().expect("an app")
}

fn message() -> Job {
    super::sale::sale(app(), "send_message", json!({"channel": "C1", "text": "A sale!"}))
}

fn refused(error: &str) -> Reply {
    Reply::json(200, json!({"ok": false, "error": error}))
}

#[tokio::test]
async fn a_message_has_the_merchants_text_and_the_details_as_plain_text() {
    let sent = Reply::json(200, json!({"ok": true, "channel": "C1", "ts": "1503435956.000247"}));
    let (outcome, received) = wire().perform(&message(), vec![sent]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /chat.postMessage"]);
    assert_eq!(received[0].header("authorization"), "Bearer xoxb-secret-token");
    let details = "Ada Lovelace (ada@example.com)\n2 × Rye <!channel>\n49 USD";
    assert_eq!(
        received[0].json(),
        json!({
            "channel": "C1",
            "text": "A sale!",
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "A sale!"}},
                {"type": "section", "text": {"type": "plain_text", "emoji": false, "text": details}},
            ],
            "unfurl_links": false,
            "unfurl_media": false,
        })
    );
}

#[tokio::test]
async fn a_contact_without_name_or_purchase_is_described_with_their_address() {
    let mut job = Job { payload: None, ..message() };
    (job.contact.first_name, job.contact.last_name) = (None, None);
    let (_, received) = wire().perform(&job, vec![Reply::json(200, json!({"ok": true}))]).await;
    assert_eq!(received[0].json()["blocks"][1]["text"]["text"], "ada@example.com");
}

#[tokio::test]
async fn errors_come_with_status_200_and_none_is_a_success() {
    let answers = [
        ("limit", refused("ratelimited"), "wait", ""),
        ("token", refused("invalid_auth"), "reconnect", "Bot User OAuth Token"),
        ("revoked", refused("token_revoked"), "reconnect", "rejected the bot token"),
        ("scope", refused("missing_scope"), "reconnect", "chat:write"),
        ("forbidden", refused("ekm_access_denied"), "reconnect", "administrators"),
        ("outage", refused("internal_error"), "retry", ""),
        ("channel", refused("channel_not_found"), "rejected", "no longer exists"),
        ("archived", refused("is_archived"), "rejected", "no longer exists"),
        ("guest", refused("not_in_channel"), "rejected", "/invite"),
        ("read only", refused("restricted_action_read_only_channel"), "rejected", "does not allow"),
        ("new", refused("something_new"), "rejected", "something_new"),
    ];
    wire().answers(&message(), &[], &answers).await;
}

#[tokio::test]
async fn the_wait_is_the_one_that_slack_names() {
    let named = Reply::status(429).header("retry-after", "7");
    wire().waits(&message(), &[], [(named, 7), (Reply::status(429), 30), (refused("ratelimited"), 30)]).await;
}

#[tokio::test]
async fn an_account_is_its_workspace_and_its_channels_are_read_to_the_end() {
    let known = Reply::json(200, json!({"ok": true, "team": "Bookshop", "user": "engine"}));
    let (identity, received) = wire().identify(vec![known]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop".to_owned())));
    assert_eq!(lines(&received), ["POST /auth.test"]);
    let (unknown, _) = wire().identify(vec![refused("account_inactive")]).await;
    assert_told(&unknown.expect_err("a refusal"), "reconnect", "bot token", "identify");

    let page = |id: &str, next: &str| {
        let channels = json!([{"id": id, "name": "sales"}]);
        Reply::json(
            200,
            json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": next}}),
        )
    };
    let (channels, received) = wire().options("channels", vec![page("C1", "dGVhbQ=="), page("C2", "")]).await;
    let labels: Vec<_> =
        channels.expect("channels").into_iter().map(|item| (item.value, item.label)).collect();
    assert_eq!(labels, [("C1".into(), "#sales".into()), ("C2".into(), "#sales".into())]);
    let query = "exclude_archived=true&types=public_channel";
    assert_eq!(lines(&received).len(), 2);
    assert!(lines(&received).iter().all(|line| line.contains(query)), "{:?}", lines(&received));
    assert!(lines(&received)[1].contains("cursor=dGVhbQ%3D%3D"), "{:?}", lines(&received));
}

#[tokio::test]
async fn it_performs_its_manifest() {
    let empty = Reply::json(200, json!({"ok": true, "channels": []}));
    wire().keeps_the_manifest(|_| message(), &[empty]).await;
}
