//! Activation URLs.

use connector::testing::{Reply, assert_told};
use domain::outcome::Outcome;
use serde_json::json;

use crate::{ACTIVATE, DEACTIVATE, grant, quiet, revoke, url, with};

#[tokio::test]
async fn an_activation_url_is_called_as_it_was_given() {
    let (outcome, received) = with(url(), &grant(), vec![Reply::status(200)]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(
        received[0].line(),
        "POST /webhooks/offers/s3cretT0ken/123/activate?send_offer_grant_email=true"
    );
    assert_eq!(
        (received[0].header("content-type"), received[0].header("authorization")),
        ("application/json", "")
    );
    let body =
        json!({"name": "Ada Lovelace", "email": "ada@example.com", "external_user_id": "ada@example.com"});
    assert_eq!(received[0].json(), body);
    let flagged = json!({"activate_url": format!("{ACTIVATE}?send_offer_grant_email=true")});
    let (_, received) = with(flagged, &quiet(), vec![Reply::status(200)]).await;
    assert_eq!(received[0].line(), "POST /webhooks/offers/s3cretT0ken/123/activate");
    for (credentials, token) in [
        (url(), "s3cretT0ken"),
        (json!({"activate_url": ACTIVATE, "deactivate_url": DEACTIVATE}), "0therT0ken"),
    ] {
        let (outcome, received) = with(credentials, &revoke(), vec![Reply::status(200)]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(received[0].line(), format!("POST /webhooks/offers/{token}/123/deactivate"));
        assert_eq!(received[0].json(), body);
    }
}

#[tokio::test]
async fn a_name_that_kajabi_rejects_costs_no_buyer() {
    for job in [grant(), revoke()] {
        let replies = vec![Reply::text(422, "Name: is too long"), Reply::status(200)];
        let (outcome, received) = with(url(), &job, replies).await;
        assert_told(&outcome, "done", "`name` was rejected and left out: Name: is too long", "note");
        let id = "ada@example.com";
        assert_eq!(received[1].json(), json!({"name": id, "email": id, "external_user_id": id}));
        assert_eq!(received[1].line(), received[0].line());
    }
}

#[tokio::test]
async fn every_answer_of_an_activation_url_has_its_outcome() {
    let (granted, unknown) =
        ("The offer has already been granted to this member", "Offer grant not found for offer on member");
    for (job, reply, kind, words) in [
        (grant(), Reply::text(422, granted), "already so", "has the offer"),
        (grant(), Reply::json(400, json!({"errors": [granted]})), "already so", "has the offer"),
        (grant(), Reply::text(422, "Email: is already taken"), "already so", "already exists in Kajabi"),
        (grant(), Reply::text(422, "Email: is invalid"), "rejected", ": Email: is invalid"),
        (grant(), Reply::text(404, unknown), "reconnect", "copy the URLs"),
        (grant(), Reply::text(500, granted), "retry", "500"),
        (revoke(), Reply::text(422, unknown), "already so", "does not have the offer"),
        (revoke(), Reply::text(404, "Base: not found"), "already so", "does not have the offer"),
        (revoke(), Reply::text(404, "<html>"), "reconnect", "(404 Not Found)"),
        (revoke(), Reply::text(422, granted), "rejected", "rejected the request: "),
        (revoke(), Reply::status(410), "reconnect", "(410 Gone)"),
        (revoke(), Reply::status(401), "reconnect", "copy the URLs"),
        (revoke(), Reply::status(302), "retry", "302"),
        (revoke(), Reply::HangUp, "retry", "was interrupted"),
    ] {
        let (outcome, received) = with(url(), &job, vec![reply]).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(received.len(), 1, "{words}");
    }
}
