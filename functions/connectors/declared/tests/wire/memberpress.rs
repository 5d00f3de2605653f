//! The requests of each action, and the outcome of each of MemberPress's answers, which follow
//! <https://github.com/caseproof/memberpress-rest-api-documentation> (read on 2026-11-30) and the add-on's code.

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Reply, Wire, assert_told, job, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

const MEMBERSHIP: &str = "GET /memberships/7";
const FIND: &str = "GET /members?page=1&per_page=100&search=ada%40example.com";
const HAS: &str = "GET /transactions?page=1&per_page=100&member=3&membership=7";

fn memberpress(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("memberpress", settings)
}

fn wire() -> Wire<Declared> {
    let credentials = json!({"site": "https://members.example.com/", "api_key": "secret-key"});
    Wire::new(memberpress, credentials, "/memberpress/wp-json/mp/v1")
}

fn app() -> App {
    "memberpress".parse().expect("an app")
}

fn act(action: &str) -> Job {
    job(app(), action, json!({"membership": "7"}))
}

fn ok(body: Value) -> Reply {
    Reply::json(200, body)
}

fn gold() -> Reply {
    ok(json!({"id": 7, "title": "Gold"}))
}

fn members(emails: &[&str]) -> Reply {
    let member = |(number, email): (usize, &&str)| json!({"id": number + 2, "email": email});
    ok(emails.iter().enumerate().map(member).collect())
}

fn ada() -> Reply {
    members(&["ada@example.com.br", "Ada@Example.com"])
}

fn transaction(id: u32, member: u32, ends: &str) -> Value {
    let (member, membership) = (json!({"id": member}), json!({"id": 7, "title": "Gold"}));
    json!({
        "id": id, "status": "complete", "trans_num": "mp-txn-1", "member": member, "membership": membership,
        "subscription": "0", "expires_at": ends,
    })
}

fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, json!({"code": code, "message": message, "data": null}))
}

const LIFETIME: &str = "0000-00-00 00:00:00";

#[tokio::test]
async fn a_member_is_found_and_gets_a_transaction_without_an_end() {
    let others = json!([transaction(40, 8, LIFETIME), transaction(41, 3, "2026-12-31 23:59:59")]);
    let replies = vec![gold(), ada(), ok(others), ok(json!({"id": 42}))];
    let (outcome, received) = wire().perform(&act("grant_membership"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [MEMBERSHIP, FIND, HAS, "POST /transactions"]);
    let number = format!("job_{}", "0".repeat(58));
    let sent = json!({
        "member": 3, "membership": 7, "trans_num": number, "amount": "0.00", "total": "0.00", "status": "complete",
        "gateway": "free", "expires_at": LIFETIME,
    });
    assert_eq!(received[3].json(), sent);
    for request in &received {
        assert_eq!(request.header("memberpress-api-key"), "secret-key");
    }
}

#[tokio::test]
async fn an_unknown_contact_becomes_a_user() {
    let created = || ok(json!({"id": 9, "email": "ada@example.com"}));
    for (setting, sends) in [(json!({}), true), (json!({"send_password_email": false}), false)] {
        let mut settings = json!({"membership": "7"});
        settings.as_object_mut().expect("an object").extend(setting.as_object().expect("an object").clone());
        let replies = vec![gold(), members(&[]), created(), ok(json!([])), ok(json!({"id": 42}))];
        let (outcome, received) = wire().perform(&job(app(), "grant_membership", settings), replies).await;
        assert_told(&outcome, "done", "created a user", "created");
        let member = json!({
            "email": "ada@example.com", "username": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace",
            "send_password_email": sends,
        });
        assert_eq!((lines(&received)[2].as_str(), received[2].json()), ("POST /members", member));
        assert_eq!(received[4].json()["member"], 9);
    }
    let taken =
        || refused(500, "mp_db_create_error", "The user was unable to be saved.\n\n#0 MeprUser.php(347)");
    let replies = || vec![gold(), members(&[]), taken()];
    let (outcome, _) = wire().perform(&act("grant_membership"), replies()).await;
    assert_told(&outcome, "not yet", "could not create a user", "first");
    let (outcome, _) = wire().nth(3, &act("grant_membership"), replies()).await;
    assert_told(&outcome, "rejected", "could not save the change", "third");
}

#[tokio::test]
async fn a_membership_without_an_end_is_not_granted_again() {
    let replies = vec![gold(), ada(), ok(json!([transaction(41, 3, LIFETIME)]))];
    let (outcome, received) = wire().perform(&act("grant_membership"), replies).await;
    assert_told(&outcome, "already so", "without an end", "bought before");
    assert_eq!(received.len(), 3);
    // The answer to this job's own transaction was lost.
    let mut own = transaction(42, 3, LIFETIME);
    own["trans_num"] = json!(format!("job_{}", "0".repeat(58)));
    let (outcome, _) = wire().nth(2, &act("grant_membership"), vec![gold(), ada(), ok(json!([own]))]).await;
    assert_eq!(outcome, Outcome::DONE);
}

#[tokio::test]
async fn every_transaction_that_gives_access_ends() {
    let transactions = || {
        let mut refunded = transaction(43, 3, LIFETIME);
        refunded["status"] = json!("refunded");
        vec![
            transaction(40, 8, LIFETIME),
            transaction(41, 3, LIFETIME),
            transaction(42, 3, "2026-12-31 23:59:59"),
            refunded,
            transaction(44, 3, "2026-11-20 23:59:59"),
        ]
    };
    let ended = |id: u32| ok(json!({"id": id, "status": "complete"}));
    let replies = vec![ada(), ok(json!(transactions())), ended(41), ended(42)];
    let (outcome, received) = wire().perform(&act("revoke_membership"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND, HAS, "PUT /transactions/41", "PUT /transactions/42"]);
    assert_eq!(received[3].json(), json!({"expires_at": "2026-11-20 23:59:59"}));

    // A subscription continues, and the merchant must know it.
    let mut paid = transaction(45, 3, "2026-12-31 23:59:59");
    paid["subscription"] = json!({"id": 5, "status": "active"});
    let open = json!([paid, transaction(41, 3, LIFETIME)]);
    let (outcome, received) =
        wire().perform(&act("revoke_membership"), vec![ada(), ok(open), ended(41)]).await;
    assert_told(&outcome, "rejected", "with a subscription in MemberPress", "subscription");
    assert_eq!(lines(&received)[2..], ["PUT /transactions/41"]);

    let ends = [
        (vec![members(&["ada@example.com.br"])], "unknown to the site"),
        (vec![ada(), ok(json!([transaction(44, 3, "2026-11-20 23:59:59")]))], "does not have the membership"),
    ];
    super::sale::already(&wire(), &act("revoke_membership"), ends).await;
}

#[tokio::test]
async fn memberpress_errors_are_told_apart() {
    let no_user =
        "user_email must be a valid email\n\n#0 MeprUser.php(30): MeprBaseModel->validate_is_email()";
    let answers = [
        (
            "key",
            refused(401, "rest_forbidden", "Sorry, you are not allowed to do that."),
            "reconnect",
            "API key",
        ),
        (
            "user",
            refused(403, "rest_forbidden", "Sorry, you are not allowed to do that."),
            "reconnect",
            "may not",
        ),
        ("add-on", refused(404, "rest_no_route", "No route was found."), "reconnect", "Developer Tools"),
        ("address", refused(500, "mp_db_create_error", no_user), "rejected", "e-mail address"),
        (
            "other",
            refused(500, "mp_db_create_error", "gateway must be in array"),
            "rejected",
            "save the change",
        ),
        (
            "critical",
            refused(500, "internal_server_error", "There has been a critical error."),
            "retry",
            "500",
        ),
        (
            "parameter",
            refused(400, "rest_invalid_param", "Invalid parameter(s): id"),
            "rejected",
            "Invalid par",
        ),
    ];
    wire().answers(&act("grant_membership"), &[gold(), ada(), ok(json!([]))], &answers).await;
    let gone = refused(500, "mp_no_records_found", "There were no memberships found with an id of 7");
    let (outcome, received) = wire().perform(&act("grant_membership"), vec![gone]).await;
    assert_told(&outcome, "rejected", "membership no longer exists", "gone");
    assert_eq!(lines(&received), [MEMBERSHIP]);
    let named = Reply::status(429).header("retry-after", "12");
    wire().waits(&act("revoke_membership"), &[], [(named, 12), (Reply::status(429), 60)]).await;
    let typed = job(app(), "grant_membership", json!({"membership": "Gold"}));
    let credentials = json!({"site": "https://members.example.com", "api_key": "secret-key"});
    wire().unsent([(typed, credentials, "rejected", "not the ID of a membership")]).await;
}

#[tokio::test]
async fn a_user_with_an_application_password_is_enough() {
    let credentials =
        json!({"site": "https://members.example.com", "username": "admin", "password": "abcd EFGH 1234"});
    let wire = Wire::new(memberpress, credentials, "/memberpress/wp-json/mp/v1");
    let me = ok(json!({"success": true, "data": {"username": "admin"}}));
    let (identity, received) = wire.identify(vec![me]).await;
    let account = identity.map(|identity| identity.account);
    assert_eq!(account, Ok(Some("members.example.com".to_owned())));
    assert_eq!(lines(&received), ["GET /me"]);
    assert_eq!(received[0].header("authorization"), "Basic YWRtaW46YWJjZCBFRkdIIDEyMzQ=");
    let wrong =
        refused(401, "incorrect_password", "The provided password is an invalid application password.");
    let (identity, _) = wire.identify(vec![wrong]).await;
    assert_told(&identity.expect_err("refused"), "reconnect", "application password", "wrong password");
}

#[tokio::test]
async fn memberships_are_read_to_the_end() {
    let full: Vec<Value> = (1..=100).map(|id| json!({"id": id, "title": format!("No. {id}")})).collect();
    let (list, received) =
        wire().options("memberships", vec![ok(json!(full)), ok(json!([{"id": 101, "title": "Gold"}]))]).await;
    assert_eq!(list.map(|list| list.len()), Ok(101));
    let pages = ["GET /memberships?page=1&per_page=100", "GET /memberships?page=2&per_page=100"];
    assert_eq!(lines(&received), pages);
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[ok(json!([]))]).await;
}

#[tokio::test]
async fn a_site_in_a_folder_is_called_there() {
    for (site, folder) in [
        ("https://shop.example.com", ""),
        ("https://shop.example.com/", ""),
        ("https://example.com/blog", "/blog"),
        ("https://example.com/en/members/", "/en/members"),
    ] {
        let credentials = json!({"site": site, "api_key": "secret-key"});
        let wire = Wire::new(memberpress, credentials, "/memberpress");
        let me = ok(json!({"success": true, "data": {"username": "admin"}}));
        let (identity, received) = wire.identify(vec![me]).await;
        assert!(identity.is_ok(), "{identity:?}");
        assert_eq!(lines(&received), [format!("GET {folder}/wp-json/mp/v1/me")]);
    }
    for site in ["https://example.com/../blog", "https://example.com/blog?page=1", "http://example.com/blog"]
    {
        let credentials = json!({"site": site, "api_key": "secret-key"});
        let unsent = [(act("grant_membership"), credentials, "reconnect", "`site` is not valid")];
        wire().unsent(unsent).await;
    }
    let page = Reply::text(404, "<html>Page not found</html>");
    let (identity, _) = wire().identify(vec![page]).await;
    assert_told(&identity.expect_err("no such site"), "reconnect", "with its folder", "no site");
}
