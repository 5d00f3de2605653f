//! Rules that request the same effect for one fact, or the opposite; and the fields that identify an effect.

use std::collections::BTreeSet;

use super::*;
use crate::effect::Effect;

fn effects(plan: &Plan) -> BTreeSet<EffectKey> {
    plan.jobs.iter().map(|job| job.effect.key).collect()
}

fn effect_of(rule: Rule) -> Effect {
    let plan = sample("order-completed.one-item").purchased(&[rule]);
    plan.jobs[0].effect.clone()
}

#[test]
fn of_a_global_and_a_product_rule_that_want_the_same_the_second_is_a_duplicate_of_the_first() {
    let rules = [
        rule("1", "add_to_list", &list()),
        rule("2", "add_to_list", &list()).of_products(&["sourdough-course"]),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(plan.told(), [told("rul_1", "li_1", "fired 1"), told("rul_2", "li_1", "duplicate of rul_1")]);
    assert_eq!(plan.jobs.len(), 1);
}

#[test]
fn a_rule_of_which_only_a_part_is_a_duplicate_fires_for_the_rest() {
    let rules = [rule("1", "add_tag", &tags(&["a", "b"])), rule("2", "add_tag", &tags(&["B", "c"]))];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(
        plan.told(),
        [told("rul_1", "li_1", "fired 2"), told("rul_2", "li_1", "fired 1; B duplicate of rul_1")]
    );
    let tags: Vec<_> = plan.jobs.iter().map(|job| job.settings.text("tag").unwrap()).collect();
    assert_eq!(tags, ["a", "b", "c"]);
}

#[test]
fn parts_that_lose_to_different_rules_have_each_their_reason() {
    let rules = [
        rule("1", "add_tag", &tags(&["a"])),
        rule("2", "remove_tag", &tags(&["b"])),
        rule("3", "add_tag", &tags(&["a", "b"])),
        rule("4", "add_tag", &tags(&["b", "B"])),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    let reasons = "duplicate of rul_1; a duplicate of rul_1; b superseded by rul_2";
    assert_eq!(plan.told()[2], told("rul_3", "li_1", reasons));
    assert_eq!(plan.told()[3], told("rul_4", "li_1", "superseded by rul_2"), "one reason is the rule's own");
}

#[test]
fn a_target_is_called_as_the_option_list_called_it() {
    let labels = BTreeMap::from([("17".to_owned(), "VIP".to_owned())]);
    let rules = [
        rule("1", "add_tag", &tags(&["17"])),
        Rule { labels, ..rule("2", "add_tag", &tags(&["17", "new"])) },
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(plan.told()[1], told("rul_2", "li_1", "fired 1; VIP duplicate of rul_1"));
}

#[test]
fn adding_gives_way_to_removing_whichever_rule_comes_first() {
    let add = || rule("add", "add_to_list", &list());
    let remove = || rule("remove", "remove_from_list", &list());
    let sample = sample("order-completed.one-item");
    for rules in [[add(), remove()], [remove(), add()]] {
        let plan = sample.purchased(&rules);
        let mut told_of = plan.told();
        told_of.sort();
        assert_eq!(
            told_of,
            [told("rul_add", "li_1", "superseded by rul_remove"), told("rul_remove", "li_1", "fired 1")]
        );
        let [job] = &plan.jobs[..] else { panic!("{plan:?}") };
        assert_eq!((job.action.as_str(), job.effect.intent), ("remove_from_list", Intent::Off));
    }
}

#[test]
fn one_of_several_that_remove_wins_over_all_that_add() {
    let rules = [
        rule("1", "add_tag", &tags(&["a"])),
        rule("2", "remove_tag", &tags(&["a"])),
        rule("3", "add_tag", &tags(&["A"])),
        rule("4", "remove_tag", &tags(&["a"])),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(
        plan.told(),
        [
            told("rul_1", "li_1", "superseded by rul_2"),
            told("rul_2", "li_1", "fired 1"),
            told("rul_3", "li_1", "superseded by rul_2"),
            told("rul_4", "li_1", "duplicate of rul_2"),
        ]
    );
}

#[test]
fn a_rule_that_does_not_fire_competes_with_no_other() {
    let remove = rule("1", "remove_from_list", &list());
    let rules = [
        Rule { enabled: false, ..remove.clone() },
        remove.clone().of_products(&["baking-club"]),
        remove.on("currency", "equals", &json!("EUR")),
        rule("2", "add_to_list", &list()),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(plan.jobs.len(), 1);
    assert_eq!(plan.told()[3], told("rul_2", "li_1", "fired 1"));
}

#[test]
fn a_state_is_changed_once_however_many_lines_ask_for_it() {
    let plan = sample("order-completed.same-product-twice").purchased(&[rule("1", "add_to_list", &list())]);
    assert_eq!(plan.told(), [told("rul_1", "li_1", "fired 1"), told("rul_1", "li_2", "duplicate of rul_1")]);
}

#[test]
fn a_message_per_line_is_told_for_each_line_and_one_per_fact_once() {
    let sample = sample("order-completed.same-product-twice");
    let lines = [Subject::Line(0), Subject::Line(1)];
    let per_line = sample.purchased(&[rule("1", "send_notify_url_post", &json!({}))]);
    assert_eq!(per_line.job_lines(), ["li_1", "li_2"]);
    assert_eq!(effects(&per_line).len(), 2);
    let per_fact = [order_rule("1", "send_notify_url_post_for_orders", &json!({}))];
    let plan = sample.plan(Trigger::OrderCompleted, &lines, &per_fact);
    assert_eq!(plan.told(), [told("rul_1", "li_1", "fired 1"), told("rul_1", "li_2", "duplicate of rul_1")]);
    assert_eq!(sample.completed(&per_fact).jobs.len(), 1);
}

#[test]
fn two_rules_that_tell_the_same_address_of_the_same_line_tell_it_once() {
    let rules = [
        rule("1", "send_notify_url_post", &json!({})),
        rule("2", "send_notify_url_post", &json!({})).of_products(&["sourdough-course"]),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(plan.told()[1], told("rul_2", "li_1", "duplicate of rul_1"));
}

#[test]
fn what_different_triggers_tell_of_one_fact_is_not_the_same() {
    let sample = sample("order-completed.one-item");
    let message = |trigger| Rule { trigger, ..rule("1", "send_notify_url_post", &json!({})) };
    let of = |trigger| effects(&sample.lines(trigger, &[message(trigger)]));
    assert!(of(Trigger::ProductPurchased).is_disjoint(&of(Trigger::UpsellPurchased)));
}

#[test]
fn what_different_triggers_change_for_one_contact_is_the_same() {
    let sample = sample("order-completed.one-item");
    let purchased = sample.purchased(&[rule("1", "add_to_list", &list())]);
    let completed = sample.completed(&[order_rule("2", "remove_from_list", &list())]);
    assert_eq!(effects(&purchased), effects(&completed));
    assert_ne!(purchased.jobs[0].id, completed.jobs[0].id);
}

#[test]
fn an_effect_is_one_contacts_on_one_target_of_one_account() {
    let base = || rule("1", "add_tag", &tags(&["rye"]));
    let effect = effect_of(base());
    assert_eq!(effect.intent, Intent::On);
    let same = [
        rule("2", "add_tag", &tags(&[" RYE"])),
        rule("2", "remove_tag", &tags(&["rye"])),
        base().of_products(&["sourdough-course"]),
    ];
    for rule in same {
        assert_eq!(effect_of(rule.clone()).key, effect.key, "{rule:?}");
    }
    let others = [
        rule("1", "add_tag", &tags(&["spelt"])),
        rule("1", "add_tag", &json!({ "list_id": "a2", "tag": ["rye"] })),
        rule("1", "add_to_list", &list()),
        Rule { integration: IntegrationId::new("int_second").unwrap(), ..base() },
    ];
    for rule in others {
        assert_ne!(effect_of(rule.clone()).key, effect.key, "{rule:?}");
    }
}

#[test]
fn a_setting_that_names_no_target_does_not_make_the_effect_another() {
    let with = |settings: Value| effect_of(rule("1", "add_to_list", &settings));
    assert_eq!(with(json!({ "list_id": "a1", "double_opt_in": true })), with(list()));
}

#[test]
fn a_contact_is_the_same_however_the_address_is_written() {
    let written = |email: &str| {
        let Sample { mut detail, .. } = sample("order-completed.one-item");
        detail["customer"]["email"] = json!(email);
        let fact = Fact::parse("Order Completed", &detail.to_string()).unwrap();
        let plan = Sample { fact, detail }.purchased(&[rule("1", "add_to_list", &list())]);
        (plan.jobs[0].id, plan.jobs[0].effect.key)
    };
    assert_eq!(written("Ana@Example.com"), written("ana@example.com"));
    assert_ne!(written("ana@example.com").1, written("eva@example.com").1);
}

#[test]
fn the_same_fact_makes_the_same_jobs_and_another_fact_others() {
    let rules = [rule("1", "add_to_list", &list()), rule("2", "add_tag", &tags(&["a", "b"]))];
    let ids =
        |name: &str| sample(name).purchased(&rules).jobs.iter().map(|job| job.id).collect::<BTreeSet<_>>();
    let first = ids("order-completed.one-item");
    assert_eq!(first.len(), 3);
    assert_eq!(ids("order-completed.one-item"), first);
    assert!(ids("order-completed.two-upsells").is_disjoint(&first));
}

#[test]
fn a_job_that_does_something_else_is_another_job() {
    let id = |rule: Rule| sample("order-completed.one-item").purchased(&[rule]).jobs[0].id;
    let base = || rule("1", "add_tag", &tags(&["rye"]));
    let others = [
        rule("1", "remove_tag", &tags(&["rye"])),
        rule("1", "add_tag", &tags(&["spelt"])),
        rule("2", "add_tag", &tags(&["rye"])),
        Rule { integration: IntegrationId::new("int_second").unwrap(), ..base() },
    ];
    for rule in others {
        assert_ne!(id(rule.clone()), id(base()), "{rule:?}");
    }
}

#[test]
fn ids_and_effects_stay_as_they_are_stored() {
    let plan = sample("order-completed.one-item").purchased(&[rule("1", "add_to_list", &list())]);
    assert_eq!(plan.jobs[0].id.to_string(), "job_06ec4ltpj2r097dj3u0erir6n4fife9svghh8s9mlcjifnhqahordp5r1k");
    assert_eq!(plan.jobs[0].effect.key.to_string(), "87fjat033djnpe44k2c2kp62");
}

#[test]
fn rules_in_another_order_make_the_same_plan() {
    let sample = sample("order-completed.every-role");
    let mut rules = vec![
        rule("1", "add_to_list", &list()),
        rule("2", "add_tag", &tags(&["a"])).of_products(&["pastry-course"]),
        rule("3", "remove_tag", &tags(&["b"])).on("item_role", "equals", &json!("upsell")),
        rule("4", "send_notify_url_post", &json!({})),
        Rule { enabled: false, ..rule("5", "add_to_list", &list()) },
    ];
    let as_sets = |plan: &Plan| {
        let told: BTreeSet<_> = plan.verdicts.iter().map(|told| format!("{told:?}")).collect();
        (told, plan.jobs.iter().map(|job| job.id).collect::<BTreeSet<_>>())
    };
    let expected = as_sets(&sample.purchased(&rules));
    for _ in 0..rules.len() {
        rules.rotate_left(1);
        assert_eq!(as_sets(&sample.purchased(&rules)), expected);
    }
    rules.reverse();
    assert_eq!(as_sets(&sample.purchased(&rules)), expected);
}
