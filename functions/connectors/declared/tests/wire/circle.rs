//! The requests of each action, and the outcome of each of Circle's responses. Both follow Circle's own OpenAPI
//! document, <https://api-headless.circle.so/api/admin/v2/swagger.yaml>.

mod tags;

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::options::{MOST, OptionItem};
use domain::outcome::Outcome;
use serde_json::{Value, json};

fn circle(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("circle", settings)
}

const NOT_ELIGIBLE: &str = "The community is not eligible for admin API v2 access.";

fn credentials() -> Value {
    json!({"api_token": " admin-v2-token ", "community_url": "https://bookshop.circle.so/home"})
}

fn said(message: &str) -> Reply {
    Reply::json(200, json!({"message": message}))
}

/// Circle's error document.
fn problem(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"success": false, "message": message, "error_details": {}}))
}

fn missing(record: &str) -> Reply {
    let message = "Oops! Missing record. Please try again later.";
    let details = json!({"message": format!("Missing record: {record}")});
    Reply::json(404, json!({"success": false, "message": message, "error_details": details}))
}

fn act(action: &str) -> Job {
    let settings = match action {
        "invite_member" | "remove_member" => json!({}),
        "add_member_to_space" | "remove_member_from_space" => json!({"space_id": "7"}),
        "add_member_to_space_group" | "remove_member_from_space_group" => json!({"space_group_id": "8"}),
        "rsvp_member_for_events" | "un_rsvp_member_for_events" => json!({"event_id": "9"}),
        _ => json!({"tag": "10"}),
    };
    let mut job = job(App::CIRCLE, action, settings);
    "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
    job
}

fn wire() -> Wire<Declared> {
    Wire::new(circle, credentials(), "/circle/api/admin/v2")
}

#[tokio::test]
async fn every_action_is_one_call_with_the_fields_that_its_resource_has() {
    const ADA: &str = "Ada+Shop@Example.com";
    const ADA_IN_A_QUERY: &str = "Ada%2BShop%40Example.com";
    let none = Value::Null;
    for (action, line, body) in [
        ("invite_member", "POST /community_members", json!({"email": ADA, "name": "Ada Lovelace"})),
        ("add_member_to_space", "POST /space_members", json!({"email": ADA, "space_id": 7})),
        ("remove_member_from_space", "DELETE /space_members?email=<ada>&space_id=7", none.clone()),
        (
            "add_member_to_space_group",
            "POST /space_group_members",
            json!({"email": ADA, "space_group_id": 8}),
        ),
        (
            "remove_member_from_space_group",
            "DELETE /space_group_members?email=<ada>&space_group_id=8",
            none.clone(),
        ),
        ("rsvp_member_for_events", "POST /event_attendees", json!({"member_email": ADA, "event_id": "9"})),
        (
            "un_rsvp_member_for_events",
            "DELETE /event_attendees",
            json!({"member_email": ADA, "event_id": "9"}),
        ),
        ("add_member_tag", "POST /tagged_members", json!({"user_email": ADA, "member_tag_id": 10})),
        ("remove_member_tag", "DELETE /tagged_members?user_email=<ada>&member_tag_id=10", none),
    ] {
        let status = if matches!(action, "invite_member" | "add_member_tag") { 201 } else { 200 };
        let reply = Reply::json(status, json!({"message": "Done."}));
        let (outcome, received) = wire().perform(&act(action), vec![reply]).await;
        assert_eq!(outcome, Outcome::DONE, "{action}");
        assert_eq!(lines(&received), [line.replace("<ada>", ADA_IN_A_QUERY)]);
        assert_eq!(received[0].json(), body, "{action}");
        assert_eq!(received[0].header("authorization"), "Token admin-v2-token");
        let content_type = if body.is_null() { "" } else { "application/json" };
        assert_eq!(received[0].header("content-type"), content_type, "{action}");
    }
}

#[tokio::test]
async fn remove_member_finds_then_deactivates_and_never_erases() {
    let found = || Reply::json(200, json!({"id": 42, "email": "ada+shop@example.com", "active": false}));
    let removed = said("The community member has been removed from the community.");
    let stuck = "An error occurred trying to cancel the subscription(s) so the account couldn't be deactivated. \
                 Please contact us at support@circle.so";
    let search = "GET /community_members/search?email=Ada%2BShop%40Example.com";
    let both = vec![search, "DELETE /community_members/42"];
    for (replies, kind, words, expected) in [
        (vec![found(), removed], "done", "", both.clone()),
        (vec![missing("community member")], "already so", "not a member", vec![search]),
        (vec![found(), missing("community member")], "already so", "not a member", both.clone()),
        (vec![found(), problem(422, stuck)], "rejected", "Cancel their subscription in Circle", both),
    ] {
        let (outcome, received) = wire().perform(&act("remove_member"), replies).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(lines(&received), expected);
        assert!(received.iter().all(|request| request.body.is_empty()));
    }
}

#[tokio::test]
async fn people_are_written_as_they_are() {
    for (first, last, name) in [
        (Some("Zoë"), Some("Ångström-李"), json!("Zoë Ångström-李")),
        (Some(" Ada "), None, json!("Ada")),
        (None, Some(r#"O"Neil \ 'x'"#), json!(r#"O"Neil \ 'x'"#)),
        (Some(" "), Some("Lovelace"), json!("Lovelace")),
        (Some(" "), None, Value::Null),
        (None, None, Value::Null),
    ] {
        let mut job = act("invite_member");
        job.contact.first_name = first.map(str::to_owned);
        job.contact.last_name = last.map(str::to_owned);
        let (_, received) = wire().perform(&job, vec![said("Invited.")]).await;
        assert_eq!(received[0].json()["name"], name);
        assert_eq!(received[0].json().as_object().unwrap().contains_key("name"), !name.is_null());
    }
}

#[tokio::test]
async fn whoever_is_there_already_is_a_success_with_a_note() {
    for (action, status, message, note) in [
        ("invite_member", 201, "This user is already a member of this community.", "already a member"),
        ("add_member_to_space_group", 200, "User is already added to the space group.", "in the space group"),
    ] {
        let (outcome, _) =
            wire().perform(&act(action), vec![Reply::json(status, json!({"message": message}))]).await;
        assert_told(&outcome, "already so", note, action);
    }
}

#[tokio::test]
async fn a_missing_record_is_looked_at_in_the_details() {
    // action, attempt, record, outcome
    for (action, nth, record, kind, words) in [
        ("add_member_to_space", 1, "space", "rejected", "The space no longer exists in Circle"),
        ("add_member_to_space", 1, "user", "not yet", "Invite Member may still be in progress"),
        ("add_member_to_space", 2, "user", "not yet", "Invite Member may still be in progress"),
        ("add_member_to_space", 3, "user", "rejected", "Add a rule with the action Invite Member"),
        ("add_member_to_space_group", 1, "space group", "rejected", "Choose Refresh"),
        ("add_member_to_space_group", 1, "user", "not yet", "in progress"),
        ("rsvp_member_for_events", 1, "post", "rejected", "The event no longer exists"),
        ("rsvp_member_for_events", 1, "community member", "not yet", "in progress"),
        ("rsvp_member_for_events", 3, "community member", "rejected", "Invite Member"),
        ("add_member_tag", 1, "member tag", "rejected", "The tag no longer exists"),
        ("add_member_tag", 1, "user", "not yet", "in progress"),
        ("remove_member_from_space", 1, "space", "rejected", "Choose Refresh"),
        ("remove_member_from_space", 1, "user", "already so", "not in the space."),
        ("remove_member_from_space", 1, "space member", "already so", "not in the space."),
        ("remove_member_from_space_group", 1, "space group", "rejected", "Choose Refresh"),
        ("remove_member_from_space_group", 1, "user", "already so", "not in the space group."),
        ("remove_member_from_space_group", 1, "space group member", "already so", "not in the space group."),
        ("un_rsvp_member_for_events", 1, "community member", "already so", "not on the event's list"),
        ("un_rsvp_member_for_events", 1, "event attendee", "already so", "not on the event's list"),
        ("un_rsvp_member_for_events", 1, "post", "rejected", "Choose Refresh"),
        ("remove_member_tag", 1, "member tag", "rejected", "Choose Refresh"),
        ("remove_member_tag", 1, "user", "already so", "does not have the tag"),
        ("remove_member_tag", 1, "tagged member", "already so", "does not have the tag"),
        ("remove_member_tag", 1, "planet", "rejected", ": Missing record: planet"),
    ] {
        let case = format!("{action} at attempt {nth}: {record}");
        let (outcome, received) = wire().nth(nth, &act(action), vec![missing(record)]).await;
        assert_told(&outcome, kind, words, &case);
        assert_eq!(received.len(), 1, "{case}");
    }
    let stranger = "User is not a member of community";
    for (nth, kind) in [(1, "not yet"), (3, "rejected")] {
        let (outcome, _) =
            wire().nth(nth, &act("add_member_to_space_group"), vec![problem(422, stranger)]).await;
        assert_told(&outcome, kind, "Invite Member", stranger);
    }
}

#[tokio::test]
async fn every_answer_to_an_invitation_has_its_outcome() {
    let errors = |text: &str| Reply::json(403, json!({"success": false, "errors": text}));
    let details = |details: Value| {
        Reply::json(422, json!({"success": false, "message": "Unable to save.", "error_details": details}))
    };
    let own = [
        ("token", problem(401, "The API token is invalid."), "reconnect", "type Admin V2"),
        ("token, bare", Reply::status(401), "reconnect", "rejected the API key"),
        ("plan", problem(403, NOT_ELIGIBLE), "reconnect", "Business plan and above"),
        ("day's limit", errors("Daily member limit exceeded."), "wait", "no more new members"),
        (
            "plan's limit",
            errors("Your community has reached the maximum limit of members supported by your plan."),
            "rejected",
            "Upgrade the plan",
        ),
        ("forbidden", problem(403, "Nope."), "rejected", ": Nope."),
        ("blocked domain", problem(422, "Invalid email address."), "rejected", "blocks its domain"),
        ("refused", problem(422, "User not added to space."), "rejected", ": User not added to space."),
        ("details by field", details(json!({"email": ["is odd"]})), "rejected", "email is odd"),
        ("details as text", details(json!("Name is taken")), "rejected", "save. Name is taken"),
        ("details as list", details(json!(["No.", "Never."])), "rejected", "No. Never."),
        ("no details", details(Value::Null), "rejected", ": Unable to save."),
        (
            "a refusal that says 200",
            Reply::json(200, json!({"success": false, "message": "Nope."})),
            "rejected",
            ": Nope.",
        ),
        ("bad request", problem(400, "Nope."), "rejected", ": Nope."),
        ("too many, said", problem(429, "Slow down"), "wait", "no more calls"),
        ("no API there", Reply::text(404, "<html>"), "retry", "cannot be read"),
        ("garbage, done", Reply::text(201, "<html>"), "retry", "cannot be read"),
    ];
    wire().answers(&act("invite_member"), &[], &own).await;
    let cannot = "User cannot be removed from this space group";
    let reply = json!({"success": false, "message": cannot, "error_details": {"message": "They own it"}});
    let (outcome, _) =
        wire().perform(&act("remove_member_from_space_group"), vec![Reply::json(422, reply)]).await;
    assert_told(&outcome, "rejected", "space group They own it", cannot);
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_spares_the_months_calls() {
    let daily = || Reply::json(403, json!({"success": false, "errors": "Daily member limit exceeded."}));
    let answers = [
        (Reply::status(429), 5 * 60),
        (Reply::status(429).header("retry-after", "20"), 20),
        (daily(), 6 * 3600),
        (daily().header("retry-after", "3600"), 3600),
    ];
    wire().waits(&act("invite_member"), &[], answers).await;
}

fn page(records: &Value, more: bool) -> Reply {
    Reply::json(200, json!({"page": 1, "per_page": 100, "has_next_page": more, "records": records}))
}

#[tokio::test]
async fn a_name_that_circle_rejects_costs_no_buyer() {
    let details = json!({"name": ["is too long"]});
    let rejected = json!({"success": false, "message": "Unable to save.", "error_details": details});
    let replies = vec![Reply::json(422, rejected), said("Done.")];
    let (outcome, received) = wire().perform(&act("invite_member"), replies).await;
    assert_told(&outcome, "done", "`name` was rejected and left out: is too long", "note");
    assert_eq!(received[1].json(), json!({"email": "Ada+Shop@Example.com"}));
}

#[tokio::test]
async fn a_search_that_shows_another_member_has_found_nobody() {
    let other = Reply::json(200, json!({"id": 43, "email": "bob@example.com"}));
    let (outcome, received) = wire().perform(&act("remove_member"), vec![other]).await;
    assert_told(&outcome, "already so", "not a member", "another member");
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let with = |action: &str, settings: Value| job(App::CIRCLE, action, settings);
    let space = |id: &str| with("add_member_to_space", json!({"space_id": id}));
    let invite = || act("invite_member");
    let group = with("remove_member_from_space_group", json!({"space_group_id": "-1"}));
    wire()
        .unsent([
            (space(" "), credentials(), "rejected", "`space_id`"),
            (space("General"), credentials(), "rejected", "`General`, and IDs"),
            (space("7.0"), credentials(), "rejected", "Choose Refresh"),
            (group, credentials(), "rejected", "whole numbers"),
            (with("rsvp_member_for_events", json!({})), credentials(), "rejected", "`event_id`"),
            (with("add_member_tag", json!({})), credentials(), "rejected", "`tag`"),
            (invite(), json!({"api_token": " "}), "reconnect", "`api_token`"),
            (invite(), json!({"api_token": "a\nb"}), "reconnect", "stray line breaks"),
        ])
        .await;
}

#[tokio::test]
async fn an_account_is_known_by_its_community_and_a_strange_address_is_told() {
    let community = |slug: Value| Reply::json(200, json!({"id": 1, "name": "Ada's Bookshop", "slug": slug}));
    let identified = async |url: &str, reply: Reply| {
        let credentials = json!({"api_token": "admin-v2-token", "community_url": url});
        let wire = Wire::new(circle, credentials, "/circle/api/admin/v2");
        let (identity, sent) = wire.identify(vec![reply]).await;
        (identity, lines(&sent))
    };
    for (url, slug, note) in [
        ("https://bookshop.circle.so", json!("bookshop"), ""),
        ("https://Bookshop.circle.so/home?a=b", json!("bookshop"), ""),
        ("https://community.example.com/", json!("bookshop"), ""),
        ("https://bookshop.circle.so", Value::Null, ""),
        (
            "https://library.circle.so",
            json!("bookshop"),
            " (warning: the API key belongs to bookshop.circle.so, not to library.circle.so)",
        ),
    ] {
        let (identity, sent) = identified(url, community(slug)).await;
        assert_eq!(identity.unwrap().account, Some(format!("Ada's Bookshop{note}")), "{url}");
        assert_eq!(sent, ["GET /community"]);
    }
    for url in
        ["", "a.circle.so", "http://a.circle.so", "https://a@b.circle.so", "https://10.0.0.1", "https://a"]
    {
        let (identity, sent) = identified(url, community(Value::Null)).await;
        assert_told(&identity.unwrap_err(), "reconnect", "community", url);
        assert!(sent.is_empty());
    }
    for (status, message, words) in
        [(401, "The API token is invalid.", "Admin V1"), (403, NOT_ELIGIBLE, "Upgrade in Circle")]
    {
        let (identity, _) = identified("https://bookshop.circle.so", problem(status, message)).await;
        assert_told(&identity.unwrap_err(), "reconnect", words, message);
    }
}

#[tokio::test]
async fn option_lists_are_pulled_page_by_page() {
    let item = |value: &str, label: &str, parent: Option<&str>| OptionItem {
        parent: parent.map(str::to_owned),
        ..OptionItem::new(value, label)
    };
    let group = json!({"id": 2, "name": "Readers"});
    for (list, pages, expected) in [
        (
            "spaces",
            vec![
                json!([{"id": 7, "name": "General", "post_ids": [1], "space_group": group}]),
                json!([{"id": 8, "name": "Lounge", "space_group": null}]),
            ],
            vec![item("7", "General", Some("2")), item("8", "Lounge", None)],
        ),
        ("space_groups", vec![json!([{"id": 2, "name": "Readers"}])], vec![item("2", "Readers", None)]),
        (
            "events",
            vec![json!([
                {"id": 9, "name": "Reading", "starts_at": "2024-09-20T12:39:32.000Z", "space": {"id": 7}},
                {"id": 10, "name": "Reading", "starts_at": null, "space": {"id": 7}},
            ])],
            vec![item("9", "Reading (2024-09-20)", Some("7")), item("10", "Reading", Some("7"))],
        ),
        (
            "member_tags",
            vec![json!([{"id": 1, "name": "Käufer"}, {"id": 3, "name": null}])],
            vec![item("1", "Käufer", None), item("3", "3", None)],
        ),
        // A page that promises more but has no entries is the last page.
        ("member_tags", vec![json!([{"id": 1, "name": "VIP"}]), json!([])], vec![item("1", "VIP", None)]),
    ] {
        let count = pages.len();
        let more = |index, records: &Value| index + 1 < count || *records == json!([]);
        let replies = pages.into_iter().enumerate().map(|(index, records)| {
            let more = more(index, &records);
            page(&records, more)
        });
        let (pulled, received) = wire().options(list, replies.collect()).await;
        assert_eq!(pulled.unwrap(), expected, "{list}");
        let sent: Vec<_> = (1..=count).map(|page| format!("GET /{list}?page={page}&per_page=100")).collect();
        assert_eq!(lines(&received), sent);
    }
}

#[tokio::test]
async fn an_endless_list_ends_beyond_the_most_that_is_kept() {
    let thousand = |page: u64| -> Vec<Value> {
        (0..1000).map(|id| json!({"id": page * 1000 + id, "name": "x"})).collect()
    };
    let replies: Vec<Reply> = (0..20).map(|number| page(&json!(thousand(number)), true)).collect();
    let (pulled, received) = wire().options("spaces", replies).await;
    assert_eq!((pulled.unwrap().len(), received.len()), (MOST + 1000, 11));
    let (refused, _) = wire().options("spaces", vec![problem(401, "The API token is invalid.")]).await;
    assert_told(&refused.unwrap_err(), "reconnect", "type Admin V2", "token");
}

#[tokio::test]
async fn the_manifest_is_kept() {
    wire().keeps_the_manifest(act, &[page(&json!([]), false)]).await;
}
