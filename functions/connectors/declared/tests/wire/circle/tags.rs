//! Typed tags.

use connector::testing::{Received, Reply, assert_told, lines};
use domain::job::Job;
use domain::options::OptionItem;
use domain::outcome::Outcome;
use serde_json::json;

use super::{act, page, problem, said, wire};

fn typed(action: &str) -> Job {
    let mut job = act(action);
    job.settings.0.insert("tag".to_owned(), json!("Käufer & VIP"));
    job.typed.insert("tag".to_owned());
    job
}

#[tokio::test]
async fn a_typed_tag_is_found_by_its_name_and_created_where_there_is_none() {
    const FIND: &str = "GET /member_tags?page=1&per_page=100&name=K%C3%A4ufer+%26+VIP";
    const FIND_ON: &str = "GET /member_tags?page=2&per_page=100&name=K%C3%A4ufer+%26+VIP";
    let near = json!({"id": 1, "name": "Käufer & VIPs"});
    let found =
        || page(&json!([near, {"id": 2, "name": "käufer & vip"}, {"id": 3, "name": "Käufer & VIP"}]), false);
    let tagged = || Reply::json(201, json!({"message": "Person tagged successfully!"}));
    let tag_of = |received: &[Received]| received.last().unwrap().json()["member_tag_id"].clone();

    let (outcome, received) = wire().perform(&typed("add_member_tag"), vec![found(), tagged()]).await;
    assert_eq!((outcome, tag_of(&received)), (Outcome::DONE, json!(3)));
    assert_eq!(lines(&received), [FIND, "POST /tagged_members"]);

    let folded =
        vec![page(&json!([near]), true), page(&json!([{"id": 2, "name": "käufer & vip"}]), false), tagged()];
    let (outcome, received) = wire().perform(&typed("add_member_tag"), folded).await;
    assert_eq!((outcome, tag_of(&received)), (Outcome::DONE, json!(2)));
    assert_eq!(lines(&received), [FIND, FIND_ON, "POST /tagged_members"]);

    let created = Reply::json(201, json!({"id": 4, "name": "Käufer & VIP", "is_public": false}));
    let none = || page(&json!([near]), false);
    let (outcome, received) = wire().perform(&typed("add_member_tag"), vec![none(), created, tagged()]).await;
    assert_eq!((outcome, tag_of(&received)), (Outcome::DONE, json!(4)));
    assert_eq!(lines(&received), [FIND, "POST /member_tags", "POST /tagged_members"]);
    assert_eq!(received[1].json(), json!({"name": "Käufer & VIP", "is_public": false}));

    for (nth, kind, words) in [(1, "not yet", "did not create the tag"), (3, "rejected", "Unable to save")] {
        let replies = vec![none(), problem(422, "Unable to save member tag")];
        let (outcome, received) = wire().nth(nth, &typed("add_member_tag"), replies).await;
        assert_told(&outcome, kind, words, "not created");
        assert_eq!(received.len(), 2);
    }

    let (outcome, received) =
        wire().perform(&typed("remove_member_tag"), vec![found(), said("Tag has been removed")]).await;
    assert_eq!(outcome, Outcome::DONE);
    let removal = "DELETE /tagged_members?user_email=Ada%2BShop%40Example.com&member_tag_id=3";
    assert_eq!(lines(&received), [FIND, removal]);
    let (outcome, received) = wire().perform(&typed("remove_member_tag"), vec![none()]).await;
    assert_told(&outcome, "already so", "no tag `Käufer & VIP`", "no such tag");
    assert_eq!(lines(&received), [FIND]);
}

#[tokio::test]
async fn a_typed_name_that_looks_like_an_id_is_a_name() {
    let tags = || page(&json!([{"id": 7, "name": "Banned"}, {"id": 9, "name": "007"}]), false);
    for (action, line) in [
        ("add_member_tag", "POST /tagged_members"),
        ("remove_member_tag", "DELETE /tagged_members?user_email=Ada%2BShop%40Example.com&member_tag_id=9"),
    ] {
        let mut job = typed(action);
        job.settings.0.insert("tag".to_owned(), json!("007"));
        let (outcome, received) = wire().perform(&job, vec![tags(), said("Done.")]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), ["GET /member_tags?page=1&per_page=100&name=007", line]);
        let sent = received[1].json();
        assert!(sent.is_null() || sent["member_tag_id"] == 9, "{sent}");
    }
}

/// The vendor's own example of tags is such a page: it promises more for every page number.
#[tokio::test]
async fn a_page_that_comes_again_is_not_asked_for_a_third_time() {
    let same = || page(&json!([{"id": 1, "name": "My Tag"}]), true);
    let (items, received) = wire().options("member_tags", vec![same(), same(), same()]).await;
    assert_eq!(items.unwrap(), [OptionItem::new("1", "My Tag")]);
    assert_eq!(received.len(), 2);

    let (outcome, received) = wire().perform(&typed("remove_member_tag"), vec![same(), same()]).await;
    assert_told(&outcome, "already so", "has no tag", "a tag that is on no page");
    assert_eq!(received.len(), 2);
}
