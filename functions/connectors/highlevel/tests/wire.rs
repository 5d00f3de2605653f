//! The requests of each action, and the outcome of each of HighLevel's responses. Paths, fields and statuses follow the
//! vendor's specification (`apps/contacts.json`, `apps/locations.json`, `apps/oauth.json` of
//! <https://github.com/GoHighLevel/highlevel-api-docs>); for other cases, a comment names the source.

use connector::http::HttpSettings;
use connector::testing::{Received, Reply, Wire, assert_told, job, lines};
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use highlevel::HighLevel;
use serde_json::{Value, json};

const LOCATION: &str = "ve9EPM428h8vShlRW1KT";
const UPSERT: &str = "POST /contacts/upsert";
const FIND: &str = "GET /contacts/search/duplicate?locationId=ve9EPM428h8vShlRW1KT&email=ada%40example.com";

fn credentials() -> Value {
    json!({"access_token": "t0ken", "location_id": LOCATION})
}

fn upserted(new: bool) -> Reply {
    let contact = json!({"id": "c1", "email": "ada@example.com", "tags": []});
    Reply::json(200, json!({"new": new, "contact": contact, "traceId": "t"}))
}

fn created() -> Reply {
    upserted(true)
}

fn phone_set() -> Reply {
    Reply::json(200, json!({"succeded": true, "contact": {"id": "c1"}}))
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

/// Reported by many users whose location does not allow duplicates.
fn duplicate(by: impl Into<Value>) -> Reply {
    let by: Value = by.into();
    let message = "This location does not allow duplicated contacts.";
    let meta = json!({"contactId": "c7", "contactName": "ada", "matchingField": by});
    Reply::json(400, json!({"statusCode": 400, "message": message, "meta": meta}))
}

async fn perform(job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    let (outcome, received) = wire().perform(job, replies).await;
    for request in &received {
        assert_eq!(request.header("authorization"), "Bearer t0ken", "{}", request.line());
        assert_eq!(request.header("version"), "2021-07-28", "{}", request.line());
        let media_type = if request.body.is_empty() { "" } else { "application/json" };
        assert_eq!(request.header("content-type"), media_type, "{}", request.line());
    }
    (outcome, received)
}

fn wire() -> Wire<HighLevel> {
    Wire::new(HighLevel::new, credentials(), "/highlevel")
}

fn create_contact() -> Job {
    job(App::HIGHLEVEL, "create_contact", json!({}))
}

fn with_phone(mut job: Job) -> Job {
    job.contact.phone = Some("+1 555 010 0199".to_owned());
    job
}

fn tags(action: &str) -> Job {
    job(App::HIGHLEVEL, action, json!({"tag": "Käufer & VIP"}))
}

#[tokio::test]
async fn create_contact_creates_whoever_is_not_found_by_address() {
    let (outcome, received) = perform(&create_contact(), vec![nobody(), created()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, UPSERT]);
    let ada = json!({
        "locationId": LOCATION, "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
    });
    assert_eq!(received[1].json(), ada);
}

#[tokio::test]
async fn a_contact_who_is_there_keeps_their_details() {
    let (outcome, received) = perform(&with_phone(create_contact()), vec![found(json!(["vip"]))]).await;
    assert_told(&outcome, "already so", "were not changed", "an existing contact");
    assert_eq!(lines(&received), [FIND]);
    // Another job created the contact first. An existing contact gets no phone number.
    let replies = vec![nobody(), upserted(false)];
    let (outcome, received) = perform(&with_phone(create_contact()), replies).await;
    assert_told(&outcome, "already so", "were not changed", "created in between");
    assert_eq!(lines(&received), [FIND, UPSERT]);
}

#[tokio::test]
async fn whoever_has_the_buyers_phone_number_is_somebody_else() {
    const SET: &str = "PUT /contacts/c1";
    let tagged = || Reply::json(201, json!({"tags": ["käufer & vip"]}));
    let limited = || Reply::status(429);
    for (job, after) in [(create_contact(), vec![]), (tags("add_tags"), vec![tagged()])] {
        for (answer, note) in [
            (phone_set(), ""),
            (duplicate("phone"), "`phone` was rejected and left out: another contact has it"),
            (duplicate(Value::Null), "`phone` was rejected and left out: another contact has it"),
            (problem(422, json!(["phone must be valid"])), "left out: phone must be valid"),
            (limited(), "left out: HighLevel's rate limit"),
        ] {
            let replies = [vec![nobody(), created(), answer], after.clone()].concat();
            let (outcome, received) = perform(&with_phone(job.clone()), replies).await;
            assert_told(&outcome, "done", note, &job.action);
            assert_eq!(lines(&received)[..3], [FIND, UPSERT, SET]);
            assert_eq!(
                received[1].json()["phone"],
                Value::Null,
                "the contact with this number would be changed"
            );
            assert_eq!(received[2].json(), json!({"phone": "+1 555 010 0199"}));
            assert_eq!(received.len(), 3 + after.len());
        }
    }
    // The next attempt finds the contact, so this attempt reports the rejected number.
    let replies = vec![nobody(), created(), duplicate("phone"), Reply::status(500)];
    let (outcome, _) = perform(&with_phone(tags("add_tags")), replies).await;
    assert_told(
        &outcome,
        "retry",
        "500 Internal Server Error. |  | `phone` was rejected and left out",
        "note",
    );
}

#[tokio::test]
async fn details_that_highlevel_rejects_by_name_are_left_out() {
    let mut job = create_contact();
    job.contact.address = serde_json::from_value(json!({"city": "Oslo", "country": "NO"})).unwrap();
    let messages = json!(["city must be a place", "country must be one of the list"]);
    let replies = vec![nobody(), problem(422, messages), created()];
    let (outcome, received) = perform(&job, replies).await;
    assert_told(&outcome, "done", "`city` was rejected and left out: city must be a place", "note");
    assert_told(&outcome, "done", "`country` was rejected and left out", "note");
    let ada = json!({
        "locationId": LOCATION, "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
    });
    assert_eq!((received.len(), received[2].json()), (3, ada));
    // Each field is left out once, and only if the request has it.
    let odd = |field: &str| problem(422, json!([format!("{field} is odd")]));
    let (outcome, received) = perform(&job, vec![nobody(), odd("city"), odd("country"), created()]).await;
    assert_told(&outcome, "done", "`country` was rejected and left out: country is odd", "one by one");
    assert_eq!(received.len(), 4);
    let (outcome, received) = perform(&job, vec![nobody(), odd("city"), odd("city")]).await;
    assert_told(&outcome, "rejected", "city is odd", "twice");
    assert_eq!(received.len(), 3);
    let replies = vec![nobody(), problem(422, json!(["phone is odd"]))];
    let (outcome, received) = perform(&with_phone(job), replies).await;
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
    assert_eq!(lines(&received), [FIND, UPSERT]);
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
    // the contact's details other than the address, and the fields sent; the phone number separately
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
        let (_, received) = perform(&job, vec![nobody(), created(), phone_set()]).await;
        let mut expected = sent;
        let phone = expected.as_object_mut().unwrap().remove("phone");
        expected["email"] = json!(email.trim());
        expected["locationId"] = json!(LOCATION);
        assert_eq!(received[1].json(), expected);
        assert_eq!(received.get(2).map(|request| request.json()["phone"].clone()), phone);
    }
}

#[tokio::test]
async fn add_tags_tags_the_contact_with_the_address() {
    let tagged = || Reply::json(201, json!({"tags": ["käufer & vip"]}));
    for shown in [json!([]), Value::Null, json!(["käufer"])] {
        let (outcome, received) = perform(&tags("add_tags"), vec![found(shown), tagged()]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, "POST /contacts/c1/tags"]);
        assert_eq!(received[1].json(), json!({"tags": ["Käufer & VIP"]}));
    }
    // HighLevel treats tags that differ only in case as equal.
    let (outcome, received) = perform(&tags("add_tags"), vec![found(json!(["käufer & vip"]))]).await;
    assert_told(&outcome, "already so", "has the tag", "tagged before");
    assert_eq!(lines(&received), [FIND]);
    // New, or created by another job in between.
    for new in [true, false] {
        let (outcome, received) = perform(&tags("add_tags"), vec![nobody(), upserted(new), tagged()]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, UPSERT, "POST /contacts/c1/tags"]);
        assert_eq!(received[1].json()["tags"], Value::Null, "it would replace them");
    }
}

#[tokio::test]
async fn remove_tags_finds_the_contact_and_deletes_with_a_body() {
    // the spelling of the tags in the search result, and the requested tag
    for (shown, asked) in [
        (json!(["new", "käufer & vip"]), "käufer & vip"),
        (json!(["new"]), "Käufer & VIP"),
        (json!([]), "Käufer & VIP"),
        (Value::Null, "Käufer & VIP"),
    ] {
        let replies = vec![found(shown), Reply::json(200, json!({"tags": []}))];
        let (outcome, received) = perform(&tags("remove_tags"), replies).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND, "DELETE /contacts/c1/tags"]);
        assert_eq!(received[1].json(), json!({"tags": [asked]}));
    }
    // A query decodes a plus as a space.
    let mut plus = tags("remove_tags");
    "Ada+Shop@Example.com".clone_into(&mut plus.contact.email);
    let (_, received) = perform(&plus, vec![found(json!([])), Reply::json(200, json!({}))]).await;
    assert!(received[0].target.ends_with("&email=Ada%2BShop%40Example.com"), "{}", received[0].target);
}

#[tokio::test]
async fn nobody_has_no_tag_to_remove() {
    let bodies = [json!({"contact": null, "traceId": "t"}), json!({"traceId": "t"}), json!({})];
    // The vendor's specification documents no more than the last response.
    for nobody in bodies.map(|body| Reply::json(200, body)).into_iter().chain([Reply::status(200)]) {
        let (outcome, received) = perform(&tags("remove_tags"), vec![nobody]).await;
        assert_told(&outcome, "already so", "no tag to remove", "no contact");
        assert_eq!(lines(&received), [FIND]);
    }
    for unclear in [Reply::text(200, "<html>"), Reply::json(200, json!({"contact": {}}))] {
        let (outcome, _) = perform(&tags("remove_tags"), vec![unclear]).await;
        assert_told(&outcome, "retry", "cannot be read", "a response that may contain a contact");
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
async fn a_page_is_the_answer_of_no_request() {
    let tagged = || Reply::json(201, json!({"tags": ["käufer & vip"]}));
    for (job, replies) in [
        (create_contact(), vec![nobody(), created()]),
        (tags("add_tags"), vec![nobody(), created(), tagged()]),
        (tags("remove_tags"), vec![found(json!([])), tagged()]),
    ] {
        wire().takes_no_page(&job, &replies).await;
    }
    // A later attempt finds the contact and does not set the number, so the page is noted.
    let replies = vec![nobody(), created(), Reply::text(200, "<html>")];
    let (outcome, _) = perform(&with_phone(create_contact()), replies).await;
    assert_told(&outcome, "done", "`phone` was rejected and left out: HighLevel returned 200", "the phone");
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
    let jwt = "Invalid token: access token is invalid";
    let scope = "The token is not authorized for this scope.";
    let location = "The token does not have access to this location.";
    let ours = json!(["property X should not exist", "city must be a string"]);
    let own = [
        ("token", problem(401, jwt), "reconnect", "access token is invalid"),
        ("expired", problem(401, "Invalid JWT"), "reconnect", "Connect again"),
        ("bare", Reply::status(401), "reconnect", "rejected the connection"),
        ("scope", problem(401, scope), "reconnect", "approve everything"),
        ("kind", problem(401, "Token's user type mismatch!"), "reconnect", "not the agency"),
        ("location", problem(403, location), "reconnect", "location is active"),
        ("our field", problem(422, ours), "rejected", "property X should not exist; city must be a string"),
        ("address", problem(422, json!(["email must be an email"])), "rejected", "Correct the address"),
        ("no words", problem(422, json!([])), "rejected", ": An error"),
        ("anything else", problem(400, "Nope."), "rejected", ": Nope."),
        ("not there", problem(404, "Not Found"), "rejected", ": Not Found"),
        ("too many, said", problem(429, "Too Many Requests"), "wait", "rate limit"),
        ("fault, said", problem(500, "Internal server error"), "retry", "500"),
    ];
    for (job, replies) in &before {
        wire().answers(job, replies, &own).await;
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
    let answers = [
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
    ];
    let answers = answers.map(|(headers, seconds)| (limited(&headers), seconds));
    wire().waits(&create_contact(), &[], answers).await;
}

#[tokio::test]
async fn the_connection_test_asks_for_the_location_and_its_name() {
    let identify = async |reply: Reply| {
        let (identity, received) = wire().identify(vec![reply]).await;
        assert_eq!(lines(&received), [format!("GET /locations/{LOCATION}")]);
        assert_eq!(received[0].header("version"), "2021-07-28");
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
    for names in [&["vip", "käufer & co"][..], &[]] {
        let (pulled, received) = wire().options("tags", vec![tags(&[names, &[" "]].concat())]).await;
        let pulled = pulled.unwrap();
        assert!(pulled.iter().all(|item| item.value == item.label), "{pulled:?}");
        assert_eq!(pulled.iter().map(|item| item.value.as_str()).collect::<Vec<_>>(), names);
        assert_eq!(lines(&received), [format!("GET /locations/{LOCATION}/tags")]);
        assert_eq!(received[0].header("version"), "2021-07-28");
    }
    let (refused, _) = wire().options("tags", vec![problem(401, "Invalid JWT")]).await;
    assert_told(&refused.unwrap_err(), "reconnect", "Invalid JWT", "refused");
}

#[tokio::test]
async fn a_grant_keeps_its_location_and_an_agencys_is_refused() {
    let highlevel = HighLevel::new(&HttpSettings::default()).unwrap();
    let granted = async |answer: Value| {
        let answer = answer.as_object().unwrap().clone();
        connector::testing::granted(&highlevel, json!({"access_token": "t0ken"}), answer).await
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
        (json!({"userType": "Location", "locationId": ""}), "did not return the location"),
        (json!({"userType": "Location", "locationId": null}), "did not return the location"),
    ] {
        let refused = granted(answer).await.unwrap_err();
        assert_told(&refused, "rejected", words, words);
        assert_told(&refused, "rejected", "choose the location (sub-account)", words);
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let without = |key: &str| {
        let mut credentials = credentials();
        credentials[key] = json!(" ");
        credentials
    };
    let tagless = |action: &str| job(App::HIGHLEVEL, action, json!({"tag": " "}));
    wire()
        .unsent([
            (tagless("add_tags"), credentials(), "rejected", "`tag`"),
            (tagless("remove_tags"), credentials(), "rejected", "`tag`"),
            (create_contact(), without("access_token"), "reconnect", "`access_token`"),
            (create_contact(), without("location_id"), "reconnect", "`location_id`"),
        ])
        .await;
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let job = |action: &str| job(App::HIGHLEVEL, action, json!({"tag": "VIP"}));
    wire().keeps_the_manifest(job, &[Reply::json(200, json!({"tags": []}))]).await;
}
