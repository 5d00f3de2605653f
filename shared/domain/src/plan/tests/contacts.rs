//! The contacts of a rule.

use super::*;

#[test]
fn the_contact_is_the_buyer() {
    let plan = sample("order-completed.gift").purchased(&[rule("1", "add_to_list", &list())]);
    let contact = &plan.jobs[0].contact;
    assert_eq!(contact.email, "jonas.weber@example.com");
    assert_eq!(contact.first_name.as_deref(), Some("Jonas"));
    assert_eq!(contact.last_name.as_deref(), Some("Weber"));
    assert_eq!(contact.address.as_ref().and_then(|address| address.country.as_ref()).unwrap().as_str(), "DE");
}

#[test]
fn a_rule_for_gift_recipients_is_about_the_recipient_and_about_the_buyer_where_there_is_none() {
    let rule = Rule { use_gift_recipient: true, ..rule("1", "add_to_list", &list()) };
    let plan = sample("order-completed.gift").purchased(&[rule]);
    let contacts: Vec<_> = plan.jobs.iter().map(|job| &job.contact).collect();
    assert_eq!(contacts[0].email, "gift.winner@example.com");
    assert_eq!(contacts[0].first_name.as_deref(), Some("Robin"));
    assert_eq!(contacts[0].phone, None, "the buyer's phone is not the recipient's");
    assert_eq!(contacts[0].address, None, "the buyer's address is not the recipient's");
    assert_eq!(contacts[1].email, "jonas.weber@example.com");
    assert_ne!(plan.jobs[0].effect, plan.jobs[1].effect);
}

#[test]
fn an_orders_gift_is_the_one_among_the_products_that_the_rule_names() {
    let base = || Rule { use_gift_recipient: true, ..order_rule("1", "add_to_list", &list()) };
    let contact = |rule| sample("order-completed.gift").completed(&[rule]).jobs[0].contact.email.clone();
    assert_eq!(contact(base()), "gift.winner@example.com");
    assert_eq!(contact(base().of_products(&["sourdough-course"])), "gift.winner@example.com");
    assert_eq!(contact(base().of_products(&["starter-kit"])), "jonas.weber@example.com");
}

#[test]
fn an_order_with_two_gifts_and_lines_of_the_buyers_own_acts_for_each_contact_once() {
    let rule = Rule { use_gift_recipient: true, ..order_rule("1", "add_to_list", &list()) };
    let emails = |sample: Sample| {
        let plan = sample.completed(std::slice::from_ref(&rule));
        assert_eq!(plan.told(), [told("rul_1", "", &format!("fired {}", plan.jobs.len()))]);
        plan.jobs.into_iter().map(|job| job.contact.email).collect::<Vec<_>>()
    };
    let buyer = two_gifts().fact.common.customer.email.to_string();
    let all = ["first@example.com", "Second@example.com", &buyer];
    assert_eq!(emails(two_gifts()), all);
    let same = json!({ "recipient": { "email": "SECOND@example.com" } });
    assert_eq!(emails(two_gifts().with("/items/2/gift", same.clone())), all);
    assert_eq!(emails(two_gifts().with("/items/2/gift", same.clone()).with("/items/3/gift", same)), all[..2]);
    let plan = two_gifts().completed(std::slice::from_ref(&rule));
    assert_ne!(plan.jobs[0].id, plan.jobs[1].id);
    assert_ne!(plan.jobs[0].effect.key, plan.jobs[1].effect.key);
}

#[test]
fn a_message_about_an_order_is_sent_once_however_many_recipients_it_has() {
    let message = order_rule("1", "send_notify_url_post_for_orders", &json!({}));
    let plan = two_gifts().completed(&[Rule { use_gift_recipient: true, ..message }]);
    assert_eq!(plan.told(), [told("rul_1", "", "fired 1")]);
}

#[test]
fn a_recipient_for_whom_another_rule_acts_has_a_reason() {
    let gifts = |id, action| Rule { use_gift_recipient: true, ..order_rule(id, action, &list()) };
    let product = |line: usize| two_gifts().detail["items"][line]["product_id"].as_str().unwrap().to_owned();
    let (gift, own) = (product(1), product(2));
    let rules = [gifts("all", "add_to_list"), gifts("one", "remove_from_list").of_products(&[&gift])];
    assert_eq!(
        two_gifts().completed(&rules).told(),
        [
            told("rul_all", "", "fired 2; Second@example.com superseded by rul_one"),
            told("rul_one", "", "fired 1")
        ]
    );
    let rules =
        [gifts("all", "add_to_list"), order_rule("own", "remove_from_list", &list()).of_products(&[&own])];
    let buyer = two_gifts().fact.common.customer.email.to_string();
    assert_eq!(
        two_gifts().completed(&rules).told()[0],
        told("rul_all", "", &format!("fired 2; {buyer} superseded by rul_own"))
    );
}
