//! Properties of all plans, for any rules.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

/// A sample, a trigger that it fires, and the firings.
#[derive(Debug, Clone)]
struct Scene {
    sample: Sample,
    trigger: Trigger,
    firings: Vec<Subject>,
}

impl Scene {
    fn plan(&self, rules: &[Rule]) -> Plan {
        self.sample.plan(self.trigger, &self.firings, rules)
    }
}

fn scene() -> impl Strategy<Value = Scene> {
    let scenes = vec![
        ("order-completed.every-role", Trigger::ProductPurchased),
        ("order-completed.every-field", Trigger::OrderCompleted),
        ("order-completed.gift", Trigger::ProductPurchased),
        ("order-completed.gift", Trigger::OrderCompleted),
        ("two gifts", Trigger::OrderCompleted),
        ("two gifts", Trigger::ProductPurchased),
        ("a gift to the buyer", Trigger::OrderCompleted),
        ("a gift to the buyer", Trigger::ProductPurchased),
        ("order-completed.same-product-twice", Trigger::UpsellPurchased),
        ("charge-refunded.one-item-full-one-partial", Trigger::ProductRefunded),
        ("subscription-charged.rebill", Trigger::SubscriptionCharged),
        ("course-student-added.of-a-product", Trigger::CourseStudentAdded),
    ];
    let scenes = select(scenes).prop_map(|(name, trigger)| {
        let sample = match name {
            "two gifts" => two_gifts(),
            "a gift to the buyer" => gift_to_the_buyer(),
            name => sample(name),
        };
        (sample, trigger)
    });
    scenes.prop_flat_map(|(sample, trigger)| {
        let lines: Vec<_> = sample.fact.items().map(|(index, _)| Subject::Line(index)).collect();
        let count = lines.len();
        let firings = prop_oneof![Just(vec![Subject::Whole]), subsequence(lines, 0..=count)];
        firings.prop_map(move |firings| Scene { sample: sample.clone(), trigger, firings })
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    let products = ["sourdough-course", "starter-kit", "pastry-course", "baking-club", "gone"];
    let products = products.map(|product| ProductId::new(product).unwrap()).to_vec();
    prop_oneof![
        Just(Scope::Global),
        subsequence(products, 1..=3).prop_map(|products| Scope::Products { products })
    ]
}

/// Actions with their settings: few, so that rules often conflict.
fn action() -> impl Strategy<Value = (&'static str, Value)> {
    let lists = select(vec!["a1", "a2"]);
    let tags = vec(select(vec!["a", "A ", "b", "c"]), 1..4);
    prop_oneof![
        3 => (select(vec!["add_to_list", "remove_from_list"]), lists.clone())
            .prop_map(|(action, list)| (action, json!({ "list_id": list }))),
        3 => (select(vec!["add_tag", "remove_tag"]), lists, tags)
            .prop_map(|(action, list, tags)| (action, json!({ "list_id": list, "tag": tags }))),
        2 => select(vec!["send_notify_url_post", "send_notify_url_post_for_orders"])
            .prop_map(|action| (action, json!({}))),
        1 => Just(("add_to_group", json!({}))),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let conditions = [
        json!({ "field": "item_role", "operator": "equals", "value": "upsell" }),
        json!({ "field": "item_role", "operator": "not_equals", "value": "upsell" }),
        json!({ "field": "amount", "operator": "at_least", "value": 5000 }),
        json!({ "field": "coupon_code", "operator": "not_exists" }),
        json!({ "field": "test_mode", "operator": "equals", "value": false }),
    ];
    select(conditions.map(|condition| serde_json::from_value(condition).unwrap()).to_vec())
}

/// Rules of one marketplace with unique ids.
fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let integrations = select(vec!["int_1", "int_2"]).prop_map(|id| IntegrationId::new(id).unwrap());
    let enabled = prop::bool::weighted(0.9);
    let draft = (scope(), action(), integrations, option::weighted(0.3, condition()), any::<bool>(), enabled);
    let rule = draft.prop_map(|(scope, (action, settings), integration, condition, gift, enabled)| Rule {
        scope,
        integration,
        conditions: condition.into_iter().collect(),
        use_gift_recipient: gift,
        enabled,
        ..rule("0", action, &settings)
    });
    vec(rule, 0..8).prop_map(|rules| {
        let numbered = rules.into_iter().enumerate();
        numbered.map(|(index, rule)| Rule { id: rule_id(&index.to_string()), ..rule }).collect()
    })
}

/// The rules of a scene, and the same rules in another order.
fn shuffled() -> impl Strategy<Value = (Vec<Rule>, Vec<Rule>)> {
    rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle()))
}

fn rules_of(scene: &Scene, rules: Vec<Rule>) -> Vec<Rule> {
    rules.into_iter().map(|rule| Rule { trigger: scene.trigger, ..rule }).collect()
}

/// The number of contacts times targets of a rule, computed from the fact and the rule alone.
fn parts(fact: &Fact, subject: Subject, rule: &Rule) -> usize {
    if rule.action.starts_with("send") {
        return 1;
    }
    let products = rule.scope.products();
    let lines = fact.items().filter(|(index, item)| {
        subject.covers(*index) && (rule.scope == Scope::Global || products.contains(&item.product_id))
    });
    let buyer = &fact.common.customer.email;
    let contacts = lines.map(|(_, item)| match item.gift_recipient() {
        Some(recipient) if rule.use_gift_recipient => recipient.email.normalised(),
        _ => buyer.normalised(),
    });
    let contacts: BTreeSet<_> = contacts.collect();
    let tags = rule.settings.0.get("tag").and_then(Value::as_array).map(|tags| {
        tags.iter().map(|tag| tag.as_str().unwrap().trim().to_lowercase()).collect::<BTreeSet<_>>().len()
    });
    contacts.len().max(1) * tags.unwrap_or(1)
}

/// The effects that are requested from the apps.
fn effects(plan: &Plan) -> BTreeMap<EffectKey, Intent> {
    plan.jobs.iter().map(|job| (job.effect.key, job.effect.intent)).collect()
}

/// The verdicts on one rule that do not depend on other rules.
fn own_verdicts(plan: &Plan) -> BTreeSet<String> {
    let fired = |verdict: &Verdict| {
        matches!(verdict, Verdict::Fired { .. } | Verdict::Duplicate { .. } | Verdict::Superseded { .. })
    };
    plan.verdicts.iter().filter(|told| !fired(&told.verdict)).map(|told| format!("{told:?}")).collect()
}

proptest! {
    #[test]
    fn a_changed_rule_asks_for_a_waiting_job_where_a_plan_would_make_it_again(
        scene in scene(), rules in rules(),
    ) {
        let of_one_id = |rule| Rule { id: rule_id("0"), enabled: true, conditions: Vec::new(), ..rule };
        let rules: Vec<_> = rules_of(&scene, rules).into_iter().map(of_one_id).collect();
        for subject in &scene.firings {
            let jobs = |rule| scene.sample.plan(scene.trigger, &[*subject], std::slice::from_ref(rule)).jobs;
            for (before, after) in rules.iter().flat_map(|one| rules.iter().map(move |other| (one, other))) {
                let again = jobs(after);
                for job in &jobs(before) {
                    let made = again.iter().find(|made| made.effect == job.effect);
                    let asked = job.with_settings_of(after);
                    prop_assert_eq!(asked.is_none(), job.withdrawal(after).is_some());
                    prop_assert_eq!(asked.map(|job| job.settings), made.map(|job| job.settings.clone()));
                }
            }
        }
    }

    #[test]
    fn every_rule_gets_one_verdict_for_everything_that_fired(scene in scene(), rules in rules()) {
        let rules = rules_of(&scene, rules);
        let line = |subject: Subject| subject.line().and_then(|index| scene.sample.fact.line_id(index)).map(String::from);
        let each = |subject: &Subject| rules.iter().map(|rule| (rule.id.clone(), line(*subject))).collect::<Vec<_>>();
        let expected: Vec<_> = scene.firings.iter().flat_map(each).collect();
        let told: Vec<_> =
            scene.plan(&rules).verdicts.into_iter().map(|told| (told.rule, told.line)).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn the_jobs_are_the_ones_that_fired_verdicts_name_each_once(scene in scene(), rules in rules()) {
        let plan = scene.plan(&rules_of(&scene, rules));
        let mut named = Vec::new();
        for told in &plan.verdicts {
            if let Verdict::Fired { jobs } = &told.verdict {
                prop_assert!(!jobs.is_empty());
                named.extend(jobs.iter().map(|job| (*job, told.rule.clone(), told.line.clone())));
            }
        }
        let made: Vec<_> =
            plan.jobs.iter().map(|job| (job.id, job.rule.clone(), job.line.clone())).collect();
        prop_assert_eq!(&made, &named);
        let ids: BTreeSet<_> = plan.jobs.iter().map(|job| job.id).collect();
        prop_assert_eq!(ids.len(), plan.jobs.len(), "a job's id is its own");
    }

    #[test]
    fn no_two_jobs_share_an_effect_and_each_loser_names_the_winner(scene in scene(), rules in rules()) {
        let plan = scene.plan(&rules_of(&scene, rules));
        prop_assert_eq!(effects(&plan).len(), plan.jobs.len());
        let winners: BTreeSet<_> = plan.jobs.iter().map(|job| &job.rule).collect();
        for told in &plan.verdicts {
            let parts = told.left_out.iter().map(|part| Verdict::from(part.why.clone()));
            for verdict in parts.chain([told.verdict.clone()]) {
                if let Verdict::Duplicate { of: winner } | Verdict::Superseded { by: winner } = &verdict {
                    prop_assert!(winners.contains(winner), "{:?}", told);
                }
            }
        }
    }

    #[test]
    fn every_contact_and_every_target_has_an_action_or_a_reason(scene in scene(), rules in rules()) {
        let rules = rules_of(&scene, rules);
        let verdicts = scene.plan(&rules).verdicts;
        for (index, told) in verdicts.iter().enumerate() {
            let (subject, rule) = (scene.firings[index / rules.len()], &rules[index % rules.len()]);
            let parts = parts(&scene.sample.fact, subject, rule);
            match &told.verdict {
                Verdict::Fired { jobs } => prop_assert_eq!(jobs.len() + told.left_out.len(), parts, "{:?}", told),
                Verdict::Duplicate { .. } | Verdict::Superseded { .. } => {
                    prop_assert!([0, parts].contains(&told.left_out.len()), "{:?}", told);
                }
                _ => prop_assert!(told.left_out.is_empty()),
            }
        }
    }

    #[test]
    fn no_effect_is_ordered_later_than_the_fact_was_received(scene in scene(), rules in rules(), ahead in -600i64..600) {
        let received_at = scene.sample.fact.common.occurred_at + SignedDuration::from_secs(ahead);
        let rules = rules_of(&scene, rules);
        let plan = scene.sample.plan_received(received_at, scene.trigger, &scene.firings, &rules);
        for job in plan.jobs {
            prop_assert!(job.ordered_at <= received_at.min(job.occurred_at));
        }
    }

    #[test]
    fn a_rule_that_acts_in_another_account_makes_other_jobs(scene in scene(), rules in rules()) {
        let ids = |integration: &str| {
            let moved = rules_of(&scene, rules.clone()).into_iter().map(|rule| Rule {
                integration: IntegrationId::new(integration).unwrap(),
                ..rule
            });
            let plan = scene.plan(&moved.collect::<Vec<_>>());
            plan.jobs.iter().map(|job| job.id).collect::<BTreeSet<_>>()
        };
        prop_assert!(ids("int_1").is_disjoint(&ids("int_2")));
    }

    #[test]
    fn planning_again_changes_nothing(scene in scene(), rules in rules()) {
        let rules = rules_of(&scene, rules);
        prop_assert_eq!(scene.plan(&rules), scene.plan(&rules));
    }

    #[test]
    fn the_order_of_the_rules_does_not_decide_what_the_apps_are_asked_for(scene in scene(), (rules, others) in shuffled()) {
        let (plan, other) = (scene.plan(&rules_of(&scene, rules)), scene.plan(&rules_of(&scene, others)));
        prop_assert_eq!(effects(&plan), effects(&other));
        prop_assert_eq!(own_verdicts(&plan), own_verdicts(&other));
    }

    #[test]
    fn a_rule_that_is_switched_off_changes_no_job(scene in scene(), rules in rules(), at in any::<prop::sample::Index>()) {
        let mut rules = rules_of(&scene, rules);
        prop_assume!(!rules.is_empty());
        let off = Rule { id: rule_id("off"), enabled: false, ..rules[at.index(rules.len())].clone() };
        let before = scene.plan(&rules).jobs;
        rules.insert(at.index(rules.len()), off);
        prop_assert_eq!(scene.plan(&rules).jobs, before);
    }

    #[test]
    fn removing_wins_wherever_a_rule_that_removes_fires(scene in scene(), rules in rules()) {
        let rules = rules_of(&scene, rules);
        let together = effects(&scene.plan(&rules));
        for rule in &rules {
            for (key, intent) in effects(&scene.plan(std::slice::from_ref(rule))) {
                prop_assert!(together[&key] == intent || intent == Intent::On, "{:?}", rule);
            }
        }
    }

    #[test]
    fn a_job_holds_one_value_where_its_rule_holds_many(scene in scene(), rules in rules()) {
        for job in scene.plan(&rules_of(&scene, rules)).jobs {
            prop_assert!(job.settings.0.values().all(|value| !value.is_array()), "{:?}", job.settings);
        }
    }
}
