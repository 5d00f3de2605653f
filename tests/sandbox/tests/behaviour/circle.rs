//! The stand-in against Circle's documents.
use reqwest::{Method, RequestBuilder};
use sandbox::Standing;
use serde_json::{Value, json};

use crate::{Answer, Bench, answer};

const API: &str = "/circle/api/admin/v2";
const TOKEN: &str = "admin-v2-token";

impl Bench {
    fn circle(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{API}/{path}", self.sandbox.url());
        self.client.request(method, url).header("authorization", format!("Token {TOKEN}"))
    }

    async fn circle_get(&self, path: &str) -> Answer {
        answer(self.circle(Method::GET, path)).await
    }

    async fn circle_post(&self, path: &str, body: Value) -> Answer {
        answer(self.circle(Method::POST, path).json(&body)).await
    }

    async fn circle_delete(&self, path: &str) -> Answer {
        answer(self.circle(Method::DELETE, path)).await
    }

    /// Invites Ann.
    async fn invite_ann(&self) -> Answer {
        self.circle_post("community_members", json!({"email": "Ann+Shop@Example.test", "name": "Ann Lee"}))
            .await
    }

    async fn ann(&self) -> Value {
        self.get("/_state/circle?email=Ann%2BShop@example.test").await.body["members"][0].clone()
    }
}

/// An error document with this message and these details.
#[track_caller]
fn assert_problem(answer: &Answer, status: u16, message: &str, details: &Value) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.body, json!({"success": false, "message": message, "error_details": details}));
}

#[track_caller]
fn assert_missing(answer: &Answer, record: &str) {
    let details = json!({"message": format!("Missing record: {record}")});
    assert_problem(answer, 404, "Oops! Missing record. Please try again later.", &details);
}

#[track_caller]
fn assert_said(answer: &Answer, status: u16, message: &str) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["message"]),
        (status, &json!(message)),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn tokens_are_accepted_in_both_spellings_and_refused_as_the_vendor_does() {
    let bench = Bench::new().await;
    let url = format!("{}{API}/community", bench.sandbox.url());
    let call = async |header: &str| answer(bench.client.get(&url).header("authorization", header)).await;
    for header in ["Token admin-v2-token", "Bearer admin-v2-token"] {
        assert_eq!(call(header).await.body["slug"], "sandbox");
    }
    let refused = |answer: &Answer| assert_problem(answer, 401, "The API token is invalid.", &json!({}));
    for header in ["admin-v2-token", "Token ", "Token a b", "Basic YTpi", "Token v1-token"] {
        refused(&call(header).await);
    }
    refused(&answer(bench.client.get(&url)).await);
    for standing in [Standing::Revoked, Standing::Expired] {
        bench.sandbox.token("circle", TOKEN, standing).unwrap();
        refused(&call("Token admin-v2-token").await);
    }
    bench.sandbox.token("circle", TOKEN, Standing::Valid).unwrap();
    assert_eq!(call("Token admin-v2-token").await.body["name"], "Sandbox Community");
    bench.sandbox.seed("circle", json!({"community": {"eligible": false}})).unwrap();
    let message = "The community is not eligible for admin API v2 access.";
    assert_problem(&call("Token admin-v2-token").await, 403, message, &json!({}));
}

#[tokio::test]
async fn an_invitation_is_201_the_second_time_too_and_each_is_counted() {
    let bench = Bench::new().await;
    let invited = bench.invite_ann().await;
    assert_said(&invited, 201, "This user has been invited to the community.");
    let id = invited.body["community_member"]["id"].as_u64().unwrap();
    let again = bench.invite_ann().await;
    assert_said(&again, 201, "This user is already a member of this community.");
    assert!(again.body.get("community_member").is_none());

    let found = bench.circle_get("community_members/search?email=ann%2Bshop%40example.test").await;
    assert_eq!((&found.body["id"], &found.body["name"]), (&json!(id), &json!("Ann Lee")));
    assert_missing(
        &bench.circle_get("community_members/search?email=ann+shop@example.test").await,
        "community member",
    );

    let removed = bench.circle_delete(&format!("community_members/{id}")).await;
    assert_said(&removed, 200, "The community member has been removed from the community.");
    assert_missing(&bench.circle_delete(&format!("community_members/{id}")).await, "community member");
    let back = bench.invite_ann().await;
    assert_eq!(back.body["community_member"]["id"], id);

    let ann = bench.ann().await;
    assert_eq!(ann["counts"], json!({"invited": 3, "deactivated": 1}));
    let changed: Vec<_> =
        ann["changes"].as_array().unwrap().iter().map(|change| &change["changed"]).collect();
    assert_eq!(changed, [true, false, true, true]);
    assert_eq!(bench.sandbox.state("circle").unwrap()["totals"], ann["counts"]);
}

#[tokio::test]
async fn limits_addresses_and_subscriptions_are_refused_each_in_its_own_words() {
    let bench = Bench::new().await;
    let seed = json!({
        "community": {"member_limit": 2, "invitations_left": 1},
        "blocked_domains": ["spam.test"],
        "members": [{"email": "owner@example.test", "subscribed": true}],
    });
    bench.sandbox.seed("circle", seed).unwrap();
    for email in ["ann@spam.test", "ann", "a b@example.test"] {
        let refused = bench.circle_post("community_members", json!({"email": email})).await;
        assert_problem(&refused, 422, "Invalid email address.", &json!({}));
    }
    assert_eq!(bench.invite_ann().await.status, 201);
    let full = bench.circle_post("community_members", json!({"email": "bob@example.test"})).await;
    let errors = "Your community has reached the maximum limit of members supported by your plan.";
    assert_eq!((full.status.as_u16(), full.body), (403, json!({"success": false, "errors": errors})));
    bench.sandbox.seed("circle", json!({"community": {"member_limit": 9}})).unwrap();
    let daily = bench.circle_post("community_members", json!({"email": "bob@example.test"})).await;
    assert_eq!((daily.status.as_u16(), &daily.body["errors"]), (403, &json!("Daily member limit exceeded.")));

    let owner =
        bench.circle_get("community_members/search?email=owner@example.test").await.body["id"].clone();
    let stuck = bench.circle_delete(&format!("community_members/{owner}")).await;
    assert_eq!(stuck.status, 422);
    assert!(stuck.body["message"].as_str().unwrap().contains("cancel the subscription(s)"));
}

#[tokio::test]
async fn members_go_in_and_out_of_spaces_groups_events_and_tags() {
    let bench = Bench::new().await;
    let ann = "Ann+Shop@Example.test";
    // path, address and id in each resource's terms, status and responses
    let cases = [
        (
            "space_members",
            json!({"email": ann, "space_id": 12}),
            200,
            "User added to space",
            "User added to space",
        ),
        (
            "space_group_members",
            json!({"email": ann, "space_group_id": 1}),
            200,
            "User has been added to the space group.",
            "User is already added to the space group.",
        ),
        (
            "event_attendees",
            json!({"member_email": ann, "event_id": "21"}),
            200,
            "RSVP'd to the event.",
            "RSVP'd to the event.",
        ),
        (
            "tagged_members",
            json!({"user_email": ann, "member_tag_id": 31}),
            201,
            "Person tagged successfully!",
            "Person tagged successfully!",
        ),
    ];
    for (path, body, ..) in &cases {
        let person = if *path == "event_attendees" { "community member" } else { "user" };
        assert_missing(&bench.circle_post(path, body.clone()).await, person);
    }
    bench.invite_ann().await;
    for (path, body, status, first, second) in &cases {
        assert_said(&bench.circle_post(path, body.clone()).await, *status, first);
        assert_said(&bench.circle_post(path, body.clone()).await, *status, second);
    }
    let within = |ann: &Value| json!([ann["spaces"], ann["space_groups"], ann["events"], ann["member_tags"]]);
    assert_eq!(within(&bench.ann().await), json!([[12], [1], [21], [31]]));

    let event = json!({"member_email": ann, "event_id": "21"});
    let leave = async || answer(bench.circle(Method::DELETE, "event_attendees").json(&event)).await;
    assert_said(&leave().await, 200, "Un-RSVP successful from the event");
    assert_missing(&leave().await, "event attendee");
    let tag = "tagged_members?user_email=ann%2Bshop%40example.test&member_tag_id=31";
    assert_said(&bench.circle_delete(tag).await, 200, "Tag has been removed");
    assert_missing(&bench.circle_delete(tag).await, "tagged member");
    // The space is in the group.
    let group = "space_group_members?email=ann%2Bshop%40example.test&space_group_id=1";
    assert_said(&bench.circle_delete(group).await, 200, "User removed from the space group and its spaces");
    assert_missing(&bench.circle_delete(group).await, "space group member");
    let space = "space_members?email=ann%2Bshop%40example.test&space_id=12";
    assert_missing(&bench.circle_delete(space).await, "space member");
    bench.circle_post("space_members", json!({"email": ann, "space_id": 12})).await;
    assert_said(&bench.circle_delete(space).await, 200, "Member removed from space");

    let ann = bench.ann().await;
    assert_eq!(within(&ann), json!([[], [], [], []]));
    let counts = &ann["counts"];
    assert_eq!(
        (&counts["space_on"], &counts["space_off"], &counts["tag_on"]),
        (&json!(3), &json!(3), &json!(2))
    );
}

#[tokio::test]
async fn somebody_deactivated_is_a_user_but_no_member() {
    let bench = Bench::new().await;
    let seed = json!({"members": [{"email": "gone@example.test", "deactivated": true}]});
    bench.sandbox.seed("circle", seed).unwrap();
    let group = json!({"email": "gone@example.test", "space_group_id": 1});
    let refused = bench.circle_post("space_group_members", group).await;
    assert_problem(&refused, 422, "User is not a member of community", &json!({}));
    let space = json!({"email": "gone@example.test", "space_id": 11});
    assert_missing(&bench.circle_post("space_members", space).await, "user");
}

#[tokio::test]
async fn what_is_not_as_documented_is_refused() {
    let bench = Bench::new().await;
    bench.invite_ann().await;
    let ann = "ann+shop@example.test";
    for (path, body, field, what) in [
        ("space_members", json!({"email": ann, "space_id": "12"}), "space_id", "is not an integer"),
        ("space_members", json!({"email": ann}), "space_id", "can't be blank"),
        ("space_members", json!({"space_id": 12}), "email", "can't be blank"),
        ("event_attendees", json!({"member_email": ann, "event_id": 21}), "event_id", "is not a string"),
        ("community_members", json!({"name": "Ann"}), "email", "can't be blank"),
        (
            "community_members",
            json!({"email": ann, "skip_invitation": "no"}),
            "skip_invitation",
            "is not a boolean",
        ),
    ] {
        let refused = bench.circle_post(path, body).await;
        assert_problem(&refused, 422, "Invalid parameters", &json!({field: [what]}));
    }
    for (path, body) in [
        ("space_members", json!({"user_email": ann, "space_id": 12})),
        ("event_attendees", json!({"email": ann, "event_id": "21"})),
        ("tagged_members", json!({"email": ann, "member_tag_id": 31})),
    ] {
        assert_eq!(bench.circle_post(path, body).await.status, 422, "{path}");
    }
    for (path, body, record) in [
        ("space_members", json!({"email": ann, "space_id": 99}), "space"),
        ("space_group_members", json!({"email": ann, "space_group_id": 99}), "space group"),
        ("event_attendees", json!({"member_email": ann, "event_id": "99"}), "post"),
        ("tagged_members", json!({"user_email": ann, "member_tag_id": 99}), "member tag"),
    ] {
        assert_missing(&bench.circle_post(path, body).await, record);
    }
    let text =
        bench.circle(Method::POST, "space_members").body(json!({"email": ann, "space_id": 12}).to_string());
    assert_eq!(answer(text).await.status, 400);
    let query = "event_attendees?member_email=ann%2Bshop%40example.test&event_id=21";
    assert_eq!(bench.circle_delete(query).await.status, 400);
    let erase = answer(bench.circle(Method::PUT, "community_members/1001/delete_member")).await;
    assert_eq!(erase.status, 404);
    assert_eq!(bench.ann().await["spaces"], json!([]));
}

#[tokio::test]
async fn lists_come_in_pages_and_tags_can_be_created() {
    let bench = Bench::new().await;
    let names = |answer: &Answer| {
        let records = answer.body["records"].as_array().unwrap().iter();
        records.map(|record| record["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = bench.circle_get("spaces?per_page=2").await;
    assert_eq!((&first.body["has_next_page"], &first.body["count"]), (&json!(true), &json!(3)));
    assert_eq!(first.body["records"][0]["space_group"], json!({"id": 1, "name": "Everybody"}));
    let second = bench.circle_get("spaces?per_page=2&page=2").await;
    assert_eq!(
        (&second.body["has_next_page"], names(&second)),
        (&json!(false), vec!["Course talk".to_owned()])
    );
    assert!(names(&bench.circle_get("spaces?page=9").await).is_empty());
    assert_eq!(bench.circle_get("events").await.body["records"][0]["space"]["id"], 12);
    assert_eq!(names(&bench.circle_get("space_groups?name=COURSE").await), ["Course members"]);
    assert_eq!(bench.circle_get("events?name=a").await.status, 422);

    let created = bench.circle_post("member_tags", json!({"name": "Käufer", "is_public": false})).await;
    assert_eq!((created.status.as_u16(), &created.body["is_public"]), (201, &json!(false)));
    assert_eq!(names(&bench.circle_get("member_tags?name=k%C3%A4uf").await), ["Käufer"]);
    for (name, what) in [("Käufer", "has already been taken"), (" ", "can't be blank")] {
        let refused = bench.circle_post("member_tags", json!({"name": name})).await;
        assert_problem(&refused, 422, "Unable to save member tag", &json!({"name": [what]}));
    }
}

#[tokio::test]
async fn a_seed_is_planted_whole_or_not_at_all() {
    let bench = Bench::new().await;
    let seed = json!({
        "spaces": [{"id": 14, "name": "Attic", "parent": 2}],
        "members": [{"email": "Ann@Example.test", "name": "Ann", "spaces": [14], "member_tags": [32]}],
    });
    bench.sandbox.seed("circle", seed).unwrap();
    assert_eq!(
        bench.get("/_state/circle?email=ann@example.test").await.body["members"][0]["spaces"],
        json!([14])
    );
    let before = bench.sandbox.state("circle").unwrap();
    for seed in [
        json!({"spaces": [{"id": 15, "name": "A"}], "members": [{"email": "bob@example.test", "spaces": [99]}]}),
        json!({"members": [{"email": "bob"}]}),
        json!({"spaces": [{"id": 1000, "name": "A"}]}),
        json!({"rooms": []}),
    ] {
        assert!(bench.sandbox.seed("circle", seed).is_err());
    }
    assert_eq!(bench.sandbox.state("circle").unwrap(), before);
    bench.sandbox.reset();
    assert_eq!(bench.sandbox.state("circle").unwrap()["members"], json!([]));
}
