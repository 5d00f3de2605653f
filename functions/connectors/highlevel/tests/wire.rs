//! What goes over the wire for each action, and what each of HighLevel's answers becomes. Paths, fields and statuses are
//! those of the vendor's specification (`apps/contacts.json`, `apps/locations.json`, `apps/oauth.json` of
//! <https://github.com/GoHighLevel/highlevel-api-docs>); of the rest, a case's comment says where it was seen.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::http::HttpSettings;
use connector::testing::{self, NOW, Received, Reply, Stub, assert_told, attempt, job, told};
use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::outcome::{Outcome, Setback};
use highlevel::HighLevel;
use jiff::SignedDuration;
use serde_json::{Value, json};

const LOCATION: &str = "ve9EPM428h8vShlRW1KT";
const CREATE: &str = "POST /highlevel/contacts/";
const FIND: &str =
    "GET /highlevel/contacts/search/duplicate?locationId=ve9EPM428h8vShlRW1KT&email=ada%40example.com";

fn credentials() -> Value {
    json!({"access_token": "t0ken", "location_id": LOCATION})
}

fn created() -> Reply {
    Reply::json(201, json!({"contact": {"id": "c1", "email": "ada@example.com", "tags": []}}))
}

fn nobody() -> Reply {
    Reply::json(200, json!({"contact": null, "traceId": "t"}))
}

fn found(tags: impl Into<Value>) -> Reply {
    let tags: Value = tags.into();
    Reply::json(200, json!({"contact": {"id": "c1", "email": "Ada@Example.com", "tags": tags}}))
}

fn problem(status: u16, message: impl Into<Value>) -> Reply {
    let message: Value = message.into();
    Reply::json(status, json!({"statusCode": status, "message": message, "error": "An error"}))
}

/// Seen by many where a location allows no duplicates.
fn duplicate(by: impl Into<Value>) -> Reply {
    let by: Value = by.into();
    let message = "This location does not allow duplicated contacts.";
    let meta = json!({"contactId": "c7", "contactName": "ada", "matchingField": by});
    Reply::json(400, json!({"statusCode": 400, "message": message, "meta": meta}))
}

async fn perform(job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    let stub = Stub::start(replies).await.unwrap();
    let highlevel = HighLevel::new(&stub.settings()).unwrap();
    let outcome = attempt(&highlevel, job, credentials(), 1).await;
    for request in stub.received() {
        assert_eq!(request.header("authorization"), "Bearer t0ken", "{}", request.line());
        assert_eq!(request.header("version"), "2021-07-28", "{}", request.line());
        let media_type = if request.body.is_empty() { "" } else { "application/json" };
        assert_eq!(request.header("content-type"), media_type, "{}", request.line());
    }
    (outcome, stub.received())
}

fn create_contact() -> Job {
    job(App::HighLevel, "create_contact", json!({}))
}

fn with_phone(mut job: Job) -> Job {
    job.contact.phone = Some("+1 555 010 0199".to_owned());
    job
}

fn tags(action: &str) -> Job {
    job(App::HighLevel, action, json!({"tag": "Käufer & VIP"}))
}

fn lines(received: &[Received]) -> Vec<String> {
    received.iter().map(Received::line).collect()
}

#[tokio::test]
async fn create_contact_creates_whoever_is_not_found_by_address() {
    let (outcome, received) = perform(&create_contact(), vec![nobody(), created()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, CREATE]);
    let ada = json!({
        "locationId": LOCATION, "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
    });
    assert_eq!(received[1].json(), ada);
}

#[tokio::test]
async fn a_contact_who_is_there_keeps_their_details() {
    let (outcome, received) = perform(&with_phone(create_contact()), vec![found(json!(["vip"]))]).await;
    assert_told(&outcome, "already so", "were not changed", "a contact who is there");
    assert_eq!(lines(&received), [FIND]);
    // Somebody else was quicker.
    let (outcome, received) = perform(&create_contact(), vec![nobody(), duplicate("email")]).await;
    assert_told(&outcome, "already so", "were not changed", "created meanwhile");
    assert_eq!(lines(&received), [FIND, CREATE]);
}

#[tokio::test]
async fn whoever_has_the_buyers_phone_number_is_somebody_else() {
    let tagged = || Reply::json(201, json!({"tags": ["käufer & vip"]}));
    for (job, after) in [(create_contact(), vec![]), (tags("add_tags"), vec![tagged()])] {
        for by in [json!("phone"), Value::Null] {
            let replies = [vec![nobody(), duplicate(by.clone()), created()], after.clone()].concat();
            let (outcome, received) = perform(&with_phone(job.clone()), replies).await;
            assert_told(&outcome, "done", "another contact has it", &job.action);
            assert_eq!(lines(&received)[..3], [FIND, CREATE, CREATE]);
            assert_eq!(received[1].json()["phone"], "+1 555 010 0199");
            let mut without = received[1].json();
            without.as_object_mut().unwrap().remove("phone");
            assert_eq!(received[2].json(), without);
            let tagged: Vec<_> = received[3..].iter().map(Received::line).collect();
            let own = "POST /highlevel/contacts/c1/tags".to_owned();
            assert_eq!(tagged, vec![own; after.len()], "the buyer's contact is tagged, not {by}'s");
        }
    }
    // Without the number only the address can be the same.
    let replies = vec![nobody(), duplicate(Value::Null), duplicate(Value::Null), tagged()];
    let (outcome, received) = perform(&with_phone(tags("add_tags")), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, CREATE, CREATE, "POST /highlevel/contacts/c7/tags"]);
}

#[tokio::test]
async fn details_that_highlevel_rejects_by_name_are_left_out() {
    let mut job = with_phone(create_contact());
    job.contact.address = serde_json::from_value(json!({"city": "Oslo", "country": "NO"})).unwrap();
    let messages = json!(["phone must be a valid phone number", "country must be one of the list"]);
    let replies = vec![nobody(), problem(422, messages), created()];
    let (outcome, received) = perform(&job, replies).await;
    assert_told(&outcome, "done", "`phone` was rejected and left out: phone must be a valid", "note");
    assert_told(&outcome, "done", "`country` was rejected and left out", "note");
    let ada = json!({
        "locationId": LOCATION, "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
        "city": "Oslo",
    });
    assert_eq!((received.len(), received[2].json()), (3, ada));
    // Once, and not for what the contact does not have.
    let replies = vec![nobody(), problem(422, json!(["city is odd"])), problem(422, json!(["phone is odd"]))];
    let (outcome, received) = perform(&job, replies).await;
    assert_told(&outcome, "rejected", "phone is odd", "twice");
    assert_eq!(received.len(), 3);
    let replies = vec![nobody(), problem(422, json!(["country is odd"])), duplicate("phone")];
    let mut tagged = job.clone();
    (tagged.action, tagged.settings) = (tags("add_tags").action, tags("add_tags").settings);
    let (outcome, received) = perform(&tagged, replies).await;
    assert_told(&outcome, "rejected", "does not allow duplicated contacts", "the number is another's");
    assert_eq!(received.len(), 3, "nobody else is tagged");
    let replies = vec![nobody(), problem(422, json!(["phone is odd"]))];
    let (outcome, received) = perform(&create_contact(), replies).await;
    assert_told(&outcome, "rejected", "HighLevel rejected the request: phone is odd", "no phone");
    assert_eq!(received.len(), 2);
}

#[tokio::test]
async fn a_search_that_shows_somebody_else_has_found_nobody() {
    let shown = |contact: Value| Reply::json(200, json!({"contact": contact}));
    let stranger =
        json!({"id": "c9", "email": "pat@example.com", "additionalEmails": [{"email": "p@example.com"}]});
    let (outcome, received) = perform(&create_contact(), vec![shown(stranger.clone()), created()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, CREATE]);
    let (outcome, _) = perform(&tags("remove_tags"), vec![shown(stranger)]).await;
    assert_told(&outcome, "already so", "no such contact", "a stranger keeps their tags");
    for more in [json!(["ADA@example.com"]), json!([{"email": "ada@example.com"}])] {
        let ada = json!({"id": "c1", "email": "countess@example.com", "additionalEmails": more});
        let (outcome, _) = perform(&create_contact(), vec![shown(ada)]).await;
        assert_told(&outcome, "already so", "were not changed", "another of her addresses");
    }
}

#[tokio::test]
async fn people_are_written_as_they_are() {
    let blank = json!({"line1": " ", "line2": "", "city": "", "region": " ", "postal_code": ""});
    let whole = json!({
        "line1": "12 St James's Sq", "line2": "Flat 3", "city": "København", "region": "Hovedstaden",
        "postal_code": "1050", "country": "DK",
    });
    // what the contact has beside their address, and what of it is sent
    for (email, given, sent) in [
        (
            " Ada+Shop@Example.COM ",
            json!({"first_name": "Zoë", "last_name": "Ångström-李", "phone": " +1 (555) 010-0199 "}),
            json!({"firstName": "Zoë", "lastName": "Ångström-李", "phone": "+1 (555) 010-0199"}),
        ),
        ("a@b.co", json!({"first_name": " Ada "}), json!({"firstName": "Ada"})),
        ("a@b.co", json!({"last_name": r#"O"Neil \ 'x'"#}), json!({"lastName": r#"O"Neil \ 'x'"#})),
        ("a@b.co", json!({"first_name": " ", "last_name": "", "phone": " ", "address": blank}), json!({})),
        (
            "a@b.co",
            json!({"address": whole}),
            json!({
                "address1": "12 St James's Sq, Flat 3", "city": "København", "state": "Hovedstaden",
                "postalCode": "1050", "country": "DK",
            }),
        ),
        ("a@b.co", json!({"address": {"line2": "Flat 3"}}), json!({"address1": "Flat 3"})),
    ] {
        let mut job = create_contact();
        let mut contact = given;
        contact["email"] = json!(email);
        job.contact = serde_json::from_value(contact).unwrap();
        let (_, received) = perform(&job, vec![nobody(), created()]).await;
        let mut expected = sent;
        expected["email"] = json!(email.trim());
        expected["locationId"] = json!(LOCATION);
        assert_eq!(received[1].json(), expected);
    }
}

#[tokio::test]
async fn add_tags_tags_the_contact_with_the_address() {
    let tagged = || Reply::json(201, json!({"tags": ["käufer & vip"]}));
    for shown in [json!([]), Value::Null, json!(["käufer"])] {
        let (outcome, received) = perform(&tags("add_tags"), vec![found(shown), tagged()]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, "POST /highlevel/contacts/c1/tags"]);
        assert_eq!(received[1].json(), json!({"tags": ["Käufer & VIP"]}));
    }
    // Tags are the same in lower case.
    let (outcome, received) = perform(&tags("add_tags"), vec![found(json!(["käufer & vip"]))]).await;
    assert_told(&outcome, "already so", "has the tag", "tagged before");
    assert_eq!(lines(&received), [FIND]);
    // New, or created meanwhile.
    for (answer, id) in [(created(), "c1"), (duplicate("email"), "c7")] {
        let (outcome, received) = perform(&tags("add_tags"), vec![nobody(), answer, tagged()]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, CREATE, &format!("POST /highlevel/contacts/{id}/tags")]);
        assert_eq!(received[1].json()["tags"], Value::Null);
    }
}

#[tokio::test]
async fn remove_tags_finds_the_contact_and_deletes_with_a_body() {
    // how HighLevel spells the tags that the search shows, and which is asked for
    for (shown, asked) in [
        (json!(["new", "käufer & vip"]), "käufer & vip"),
        (json!(["new"]), "Käufer & VIP"),
        (json!([]), "Käufer & VIP"),
        (Value::Null, "Käufer & VIP"),
    ] {
        let replies = vec![found(shown), Reply::json(200, json!({"tags": []}))];
        let (outcome, received) = perform(&tags("remove_tags"), replies).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, "DELETE /highlevel/contacts/c1/tags"]);
        assert_eq!(received[1].json(), json!({"tags": [asked]}));
    }
    // A plus is a blank to a query.
    let mut plus = tags("remove_tags");
    "Ada+Shop@Example.com".clone_into(&mut plus.contact.email);
    let (_, received) = perform(&plus, vec![found(json!([])), Reply::json(200, json!({}))]).await;
    assert!(received[0].target.ends_with("&email=Ada%2BShop%40Example.com"), "{}", received[0].target);
}

#[tokio::test]
async fn nobody_has_no_tag_to_remove() {
    let bodies = [json!({"contact": null, "traceId": "t"}), json!({"traceId": "t"}), json!({})];
    // The last is all that the vendor's specification tells of the answer.
    for nobody in bodies.map(|body| Reply::json(200, body)).into_iter().chain([Reply::status(200)]) {
        let (outcome, received) = perform(&tags("remove_tags"), vec![nobody]).await;
        assert_told(&outcome, "already so", "no tag to remove", "nobody");
        assert_eq!(lines(&received), [FIND]);
    }
    for unclear in [Reply::text(200, "<html>"), Reply::json(200, json!({"contact": {}}))] {
        let (outcome, _) = perform(&tags("remove_tags"), vec![unclear]).await;
        assert_told(&outcome, "retry", "cannot be read", "an answer that may mean somebody");
    }
}

#[tokio::test]
async fn a_contact_that_goes_between_two_calls_is_looked_for_again() {
    let gone = || problem(400, "Contact with id c1 not found");
    let (outcome, _) = perform(&tags("add_tags"), vec![found(json!([])), gone()]).await;
    assert_told(&outcome, "not yet", "deleted", "add");
    let (outcome, _) = perform(&tags("remove_tags"), vec![found(json!([])), gone()]).await;
    assert_told(&outcome, "already so", "no tag to remove", "remove");
}

#[tokio::test]
async fn every_answer_has_its_outcome_at_every_call() {
    let before = [
        (create_contact(), vec![]),
        (create_contact(), vec![nobody()]),
        (tags("add_tags"), vec![]),
        (tags("add_tags"), vec![nobody()]),
        (tags("add_tags"), vec![found(json!([]))]),
        (tags("remove_tags"), vec![]),
        (tags("remove_tags"), vec![found(json!([]))]),
    ];
    for (case, reply, kind, words) in [
        (
            "token",
            problem(401, "Invalid token: access token is invalid"),
            "reconnect",
            "access token is invalid",
        ),
        ("expired", problem(401, "Invalid JWT"), "reconnect", "Connect again"),
        ("bare", Reply::status(401), "reconnect", "rejected the connection"),
        (
            "scope",
            problem(401, "The token is not authorized for this scope."),
            "reconnect",
            "approve everything",
        ),
        ("kind", problem(401, "Token's user type mismatch!"), "reconnect", "not the agency"),
        (
            "location",
            problem(403, "The token does not have access to this location."),
            "reconnect",
            "location is active",
        ),
        ("a wall", Reply::text(403, "<html>Attention required</html>"), "retry", "cannot be read"),
        (
            "our field",
            problem(422, json!(["property X should not exist", "city must be a string"])),
            "rejected",
            "property X should not exist; city must be a string",
        ),
        ("address", problem(422, json!(["email must be an email"])), "rejected", "Correct the address"),
        ("no words", problem(422, json!([])), "rejected", ": An error"),
        ("anything else", problem(400, "Nope."), "rejected", ": Nope."),
        ("not there", problem(404, "Not Found"), "rejected", ": Not Found"),
        ("too many", problem(429, "Too Many Requests"), "wait", "rate limit"),
        ("too many, bare", Reply::status(429), "wait", "rate limit"),
        ("fault", problem(500, "Internal server error"), "retry", "500"),
        ("gateway", Reply::text(502, "<html>"), "retry", "502"),
        ("maintenance until", Reply::status(503).header("retry-after", "60"), "wait", "rate limit"),
        ("Cloudflare", Reply::text(524, "error code: 524"), "retry", "524"),
        ("silence", Reply::Silence, "retry", "HighLevel did not answer in time"),
        ("hang-up", Reply::HangUp, "retry", "The connection to HighLevel broke off"),
        ("garbage refusal", Reply::text(400, "<html>"), "retry", "cannot be read"),
        ("redirect", Reply::status(302).header("location", "https://example.com/"), "retry", "302"),
    ] {
        for (job, replies) in &before {
            let replies: Vec<Reply> = replies.iter().cloned().chain([reply.clone()]).collect();
            let calls = replies.len();
            let (outcome, received) = perform(job, replies).await;
            assert_told(&outcome, kind, words, &format!("{case}: {} {calls}", job.action));
            let told = told(&outcome);
            assert!(!told.contains(": |") && !told.contains(": ."), "{case}: an empty quotation: {told}");
            let names_a_tag = job.action == "create_contact" && told.contains("tag");
            assert!(!names_a_tag, "{case}: the action has no tag: {told}");
            assert_eq!(received.len(), calls, "{case}: {}", job.action);
        }
    }
}

#[tokio::test]
async fn the_wait_is_an_interval_or_an_hour_when_the_day_is_used_up() {
    let limited = |headers: &[(&str, &str)]| {
        headers
            .iter()
            .fold(problem(429, "Too Many Requests"), |reply, (name, value)| reply.header(name, value))
    };
    let (interval, day) = ("X-RateLimit-Interval-Milliseconds", "X-RateLimit-Daily-Remaining");
    for (headers, seconds) in [
        (vec![], 10),
        (
            vec![(interval, "10000"), ("X-RateLimit-Max", "100"), ("X-RateLimit-Remaining", "0"), (day, "5")],
            10,
        ),
        (vec![(interval, "30000")], 30),
        (vec![(interval, "0")], 1),
        (vec![(interval, "99999999999999")], 3600),
        (vec![(interval, "soon")], 10),
        (vec![(interval, "10000"), (day, "0")], 3600),
        (vec![("retry-after", "120")], 120),
    ] {
        let (outcome, _) = perform(&create_contact(), vec![limited(&headers)]).await;
        let Outcome::Failed(Setback::RateLimited { until, .. }) = outcome else {
            panic!("{headers:?}: {outcome:?}")
        };
        assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(seconds), "{headers:?}");
    }
}

#[tokio::test]
async fn the_connection_test_asks_for_the_location_and_its_name() {
    let identify = async |reply: Reply| {
        let stub = Stub::start([reply]).await.unwrap();
        let highlevel = HighLevel::new(&stub.settings()).unwrap();
        let identity = testing::identify(&highlevel, credentials()).await;
        assert_eq!(lines(&stub.received()), [format!("GET /highlevel/locations/{LOCATION}")]);
        assert_eq!(stub.received()[0].header("version"), "2021-07-28");
        identity
    };
    let named = Reply::json(200, json!({"location": {"id": LOCATION, "name": "Ada's Bookshop"}}));
    assert_eq!(identify(named).await.unwrap().account.as_deref(), Some("Ada's Bookshop"));
    for unnamed in [json!({"location": {"name": " "}}), json!({"location": {}}), json!({})] {
        assert_eq!(identify(Reply::json(200, unnamed)).await.unwrap().account, None);
    }
    let refused = identify(problem(401, "Token's user type mismatch!")).await.unwrap_err();
    assert_told(&refused, "reconnect", "not the agency", "an agency's token");
    let refused =
        identify(problem(403, "The token does not have access to this location.")).await.unwrap_err();
    assert_told(&refused, "reconnect", "does not allow access to the location", "another location");
}

#[tokio::test]
async fn tags_are_chosen_by_name() {
    let tags = |names: &[&str]| {
        let tag = |name: &&str| json!({"id": "x", "name": name, "locationId": LOCATION});
        Reply::json(200, json!({"tags": names.iter().map(tag).collect::<Vec<_>>()}))
    };
    let stub = Stub::start([tags(&["vip", "käufer & co", " "]), tags(&[]), problem(401, "Invalid JWT")])
        .await
        .unwrap();
    let highlevel = HighLevel::new(&stub.settings()).unwrap();
    let pulled = testing::options(&highlevel, credentials(), "tags").await.unwrap();
    let pulled: Vec<_> = pulled.iter().map(|item| (item.value.as_str(), item.label.as_str())).collect();
    assert_eq!(pulled, [("vip", "vip"), ("käufer & co", "käufer & co")]);
    assert_eq!(testing::options(&highlevel, credentials(), "tags").await.unwrap(), []);
    let refused = testing::options(&highlevel, credentials(), "tags").await.unwrap_err();
    assert_told(&refused, "reconnect", "Invalid JWT", "refused");
    assert_eq!(stub.received()[0].line(), format!("GET /highlevel/locations/{LOCATION}/tags"));
    assert_eq!(stub.received()[0].header("version"), "2021-07-28");
    let unknown = testing::options(&highlevel, credentials(), "lists").await.unwrap_err();
    assert_told(&unknown, "rejected", "`lists`", "no such list");
}

#[tokio::test]
async fn a_grant_keeps_its_location_and_an_agencys_is_refused() {
    let highlevel = HighLevel::new(&HttpSettings::default()).unwrap();
    let granted = async |answer: Value| {
        let answer = answer.as_object().unwrap().clone();
        testing::granted(&highlevel, json!({"access_token": "t0ken"}), answer).await
    };
    for answer in [
        json!({"userType": "Location", "locationId": LOCATION, "companyId": "co1", "userId": "u1"}),
        json!({"locationId": format!(" {LOCATION} ")}),
    ] {
        let kept: Vec<_> = granted(answer).await.unwrap().into_iter().collect();
        assert_eq!(kept, [("location_id".to_owned(), LOCATION.to_owned())]);
    }
    for (answer, words) in [
        (json!({"userType": "Company", "companyId": "co1", "userId": "u1"}), "to a HighLevel agency"),
        (json!({"userType": "Company", "locationId": LOCATION}), "to a HighLevel agency"),
        (json!({"userType": "Location", "locationId": ""}), "did not say which location"),
        (json!({"userType": "Location", "locationId": null}), "did not say which location"),
    ] {
        let refused = granted(answer).await.unwrap_err();
        assert_told(&refused, "rejected", words, words);
        assert_told(&refused, "rejected", "choose the location (sub-account)", words);
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let nowhere = HighLevel::new(&HttpSettings::default()).unwrap();
    let without = |key: &str| {
        let mut credentials = credentials();
        credentials[key] = json!(" ");
        credentials
    };
    let tagless = |action: &str| job(App::HighLevel, action, json!({"tag": " "}));
    for (job, credentials, kind, words) in [
        (tagless("add_tags"), credentials(), "rejected", "`tag`"),
        (tagless("remove_tags"), credentials(), "rejected", "`tag`"),
        (
            job(App::HighLevel, "add_purchase", json!({})),
            credentials(),
            "rejected",
            "no action `add_purchase`",
        ),
        (create_contact(), without("access_token"), "reconnect", "`access_token`"),
        (create_contact(), without("location_id"), "reconnect", "`location_id`"),
    ] {
        let outcome = attempt(&nowhere, &job, credentials, 1).await;
        assert_told(&outcome, kind, words, &job.action);
    }
}

#[tokio::test]
async fn every_action_of_the_manifest_is_there() {
    for action in &Catalog::built_in().manifest(App::HighLevel).unwrap().actions {
        let (outcome, received) =
            perform(&job(App::HighLevel, &action.key, json!({"tag": "VIP"})), vec![]).await;
        assert!(!received.is_empty(), "{}: {outcome:?}", action.key);
    }
}
