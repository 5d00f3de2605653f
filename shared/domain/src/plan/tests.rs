use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::app::App;
use crate::condition::{Condition, Field, Operator};
use crate::digest::sample_secret;
use crate::id::{IntegrationId, MarketplaceId, RuleId};
use crate::manifest::Catalog;
use crate::trigger::Trigger;

mod contacts;
mod overlap;
mod properties;
mod times;

/// The jobs and verdicts of a plan.
#[derive(Debug, Clone, Default, PartialEq)]
struct Plan {
    verdicts: Vec<RuleVerdict>,
    jobs: Vec<Job>,
}

/// Plans every rule for every firing.
fn plan(input: Input<'_>) -> Plan {
    let draft = draft(input);
    Plan { verdicts: draft.verdicts().collect(), jobs: draft.jobs().collect() }
}

/// A fact as a producer publishes it.
#[derive(Debug, Clone)]
struct Sample {
    fact: Fact,
    detail: Value,
}

/// Reads a sample of `events/samples/`.
fn sample(name: &str) -> Sample {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples");
    let entries: Value =
        serde_json::from_slice(&fs::read(samples.join(format!("{name}.json"))).unwrap()).unwrap();
    let text = |key: &str| entries[0][key].as_str().unwrap();
    let detail = text("Detail");
    Sample {
        fact: Fact::parse(text("DetailType"), detail).unwrap(),
        detail: serde_json::from_str(detail).unwrap(),
    }
}

impl Sample {
    fn plan(&self, trigger: Trigger, firings: &[Subject], rules: &[Rule]) -> Plan {
        self.plan_received(self.fact.common.occurred_at, trigger, firings, rules)
    }

    fn plan_received(
        &self,
        received_at: Timestamp,
        trigger: Trigger,
        firings: &[Subject],
        rules: &[Rule],
    ) -> Plan {
        self.plan_with(Catalog::get(), received_at, trigger, firings, rules)
    }

    fn plan_with(
        &self,
        catalog: &Catalog,
        received_at: Timestamp,
        trigger: Trigger,
        firings: &[Subject],
        rules: &[Rule],
    ) -> Plan {
        let detail = &self.detail.to_string();
        let (fact, secret) = (&self.fact, &sample_secret());
        let event = event_id(secret, fact);
        plan(Input { fact, event, secret, detail, received_at, trigger, firings, rules, catalog })
    }

    /// The same fact with one value of its detail replaced.
    fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        self.detail.pointer_mut(parent).unwrap()[key] = value;
        let fact = Fact::parse(self.fact.kind().detail_type(), &self.detail.to_string()).unwrap();
        Self { fact, ..self }
    }

    /// Plans a trigger that fires for every line.
    fn lines(&self, trigger: Trigger, rules: &[Rule]) -> Plan {
        let lines: Vec<_> = self.fact.items().map(|(index, _)| Subject::Line(index)).collect();
        self.plan(trigger, &lines, rules)
    }

    /// Plans Product Purchased.
    fn purchased(&self, rules: &[Rule]) -> Plan {
        self.lines(Trigger::ProductPurchased, rules)
    }

    /// Plans Product Purchased for the first line of a fact that was received at this time.
    fn received(&self, received_at: Timestamp, rules: &[Rule]) -> Plan {
        self.plan_received(received_at, Trigger::ProductPurchased, &[Subject::Line(0)], rules)
    }

    /// Plans Order Completed, which fires for the whole order.
    fn completed(&self, rules: &[Rule]) -> Plan {
        self.plan(Trigger::OrderCompleted, &[Subject::Whole], rules)
    }
}

/// A global rule of Product Purchased.
fn rule(id: &str, action: &str, settings: &Value) -> Rule {
    let app = if action.starts_with("send") { App::WEBHOOK } else { App::MAILCHIMP };
    Rule {
        id: rule_id(id),
        marketplace: MarketplaceId::new("demo").unwrap(),
        scope: Scope::Global,
        trigger: Trigger::ProductPurchased,
        integration: IntegrationId::new(format!("int_{app}")).unwrap(),
        app,
        action: action.to_owned(),
        settings: serde_json::from_value(settings.clone()).unwrap(),
        labels: BTreeMap::new(),
        conditions: Vec::new(),
        use_gift_recipient: false,
        enabled: true,
        created_at: Timestamp::UNIX_EPOCH,
        widened_at: None,
        updated_at: Timestamp::UNIX_EPOCH,
        changed_by: None,
        name: None,
    }
}

/// A global rule of Order Completed.
fn order_rule(id: &str, action: &str, settings: &Value) -> Rule {
    Rule { trigger: Trigger::OrderCompleted, ..rule(id, action, settings) }
}

fn rule_id(id: &str) -> RuleId {
    RuleId::new(format!("rul_{id}")).unwrap()
}

fn list() -> Value {
    json!({ "list_id": "a1" })
}

fn tags(tags: &[&str]) -> Value {
    json!({ "list_id": "a1", "tag": tags })
}

impl Rule {
    fn of_products(self, products: &[&str]) -> Self {
        let products = products.iter().map(|product| ProductId::new(*product).unwrap()).collect();
        Self { scope: Scope::Products { products }, ..self }
    }

    fn on(self, field: &str, operator: &str, value: &Value) -> Self {
        let condition = json!({ "field": field, "operator": operator, "value": value });
        let mut conditions = self.conditions;
        conditions.push(serde_json::from_value::<Condition>(condition).unwrap());
        Self { conditions, ..self }
    }
}

impl Plan {
    /// The verdicts in short: rule, line, verdict.
    fn told(&self) -> Vec<(&str, &str, String)> {
        let short = |verdict: &Verdict| match verdict {
            Verdict::Fired { jobs } => format!("fired {}", jobs.len()),
            Verdict::Duplicate { of } => format!("duplicate of {of}"),
            Verdict::Superseded { by } => format!("superseded by {by}"),
            Verdict::Disabled => "disabled".to_owned(),
            Verdict::OtherProducts => "other products".to_owned(),
            Verdict::ConditionFailed { number, .. } => format!("condition {number}"),
            Verdict::NotOffered { missing, what } => format!("{missing:?}: {what}"),
        };
        let all = |told: &RuleVerdict| {
            let left_out = told.left_out.iter().map(|part| {
                let named: Vec<_> = part.target.iter().chain(&part.recipient).map(String::as_str).collect();
                format!("; {} {}", named.join(" for "), short(&part.why.clone().into()))
            });
            std::iter::once(short(&told.verdict)).chain(left_out).collect::<String>()
        };
        let verdicts = self.verdicts.iter();
        verdicts
            .map(|told| (told.rule.as_str(), told.line.as_deref().unwrap_or_default(), all(told)))
            .collect()
    }

    /// The lines of its jobs.
    fn job_lines(&self) -> Vec<&str> {
        self.jobs.iter().map(|job| job.line.as_deref().unwrap_or_default()).collect()
    }
}

fn told<'a>(rule: &'a str, line: &'a str, verdict: &str) -> (&'a str, &'a str, String) {
    (rule, line, verdict.to_owned())
}

#[test]
fn a_global_rule_fires_for_any_product_and_a_product_rule_for_the_ones_it_names() {
    let rules = [
        rule("all", "add_tag", &tags(&["buyer"])),
        rule("one", "add_to_list", &list()).of_products(&["pastry-course", "gone"]),
        rule("other", "add_to_list", &list()).of_products(&["baking-club"]),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(
        plan.told(),
        [
            told("rul_all", "li_1", "fired 1"),
            told("rul_one", "li_1", "other products"),
            told("rul_other", "li_1", "other products")
        ]
    );
    let plan = sample("order-completed.every-role").purchased(&rules[1..]);
    let fired: Vec<_> = plan.told().into_iter().filter(|(_, _, verdict)| verdict == "fired 1").collect();
    assert_eq!(fired, [told("rul_one", "li_4", "fired 1")]);
}

#[test]
fn a_product_rule_of_an_order_fires_once_when_any_item_is_among_its_products() {
    let rules = [
        order_rule("some", "add_to_list", &list()).of_products(&["pastry-course", "starter-kit"]),
        order_rule("none", "add_tag", &tags(&["buyer"])).of_products(&["baking-club"]),
    ];
    let plan = sample("order-completed.every-role").completed(&rules);
    assert_eq!(plan.told(), [told("rul_some", "", "fired 1"), told("rul_none", "", "other products")]);
    assert_eq!(plan.jobs[0].line, None);
}

#[test]
fn a_product_rule_of_a_course_fires_for_the_courses_product() {
    let rules = [
        rule("of", "add_to_list", &list()).of_products(&["sourdough-course"]),
        rule("other", "add_tag", &tags(&["student"])).of_products(&["pastry-course"]),
    ];
    let whole = [Subject::Whole];
    let added = Trigger::CourseStudentAdded;
    let plan = sample("course-student-added.of-a-product").plan(added, &whole, &rules);
    assert_eq!(plan.told(), [told("rul_of", "", "fired 1"), told("rul_other", "", "other products")]);
    let plan = sample("course-student-added.without-product").plan(added, &whole, &rules);
    assert_eq!(plan.told()[0], told("rul_of", "", "other products"));
}

#[test]
fn a_trigger_that_fires_per_line_judges_every_rule_for_every_line_it_fires_for() {
    let sample = sample("order-completed.every-role");
    let rules = [rule("1", "send_notify_url_post", &json!({})), rule("2", "add_tag", &tags(&["buyer"]))];
    let plan = sample.plan(Trigger::UpsellPurchased, &[Subject::Line(1), Subject::Line(3)], &rules);
    assert_eq!(
        plan.told(),
        [
            told("rul_1", "li_2", "fired 1"),
            told("rul_2", "li_2", "fired 1"),
            told("rul_1", "li_4", "fired 1"),
            told("rul_2", "li_4", "duplicate of rul_2"),
        ]
    );
    assert_eq!(plan.job_lines(), ["li_2", "li_2", "li_4"]);
    assert_eq!(sample.plan(Trigger::UpsellPurchased, &[], &rules), Plan::default());
}

#[test]
fn a_line_without_an_id_is_told_by_its_position() {
    let plan = sample("order-completed.only-required-fields").purchased(&[rule("1", "add_to_list", &list())]);
    assert_eq!(plan.told(), [told("rul_1", "1", "fired 1")]);
}

#[test]
fn the_first_condition_that_fails_is_told_with_what_was_expected_and_what_there_is() {
    let rule = rule("1", "add_to_list", &list())
        .on("amount", "at_least", &json!(18_000))
        .on("item_role", "equals", &json!("upsell"))
        .on("currency", "equals", &json!("EUR"));
    let plan = sample("order-completed.every-field").purchased(&[rule]);
    let failed = |number, field, actual| {
        let expected = if number == 2 { json!("upsell") } else { json!("EUR") };
        Verdict::ConditionFailed { number, field, operator: Operator::Equals, expected, actual }
    };
    let verdicts: Vec<_> = plan.verdicts.iter().map(|told| told.verdict.clone()).collect();
    assert_eq!(
        verdicts,
        [failed(2, Field::ItemRole, json!("primary")), failed(3, Field::Currency, json!("USD"))]
    );
    assert!(plan.jobs.is_empty());
}

#[test]
fn an_orders_condition_looks_at_all_lines_and_tells_all_of_their_values() {
    let sample = sample("order-completed.every-role");
    let base = || order_rule("1", "add_to_list", &list());
    let fires = base().on("item_role", "in", &json!(["upsell"])).on("test_mode", "equals", &json!(false));
    assert_eq!(sample.completed(&[fires]).told(), [told("rul_1", "", "fired 1")]);
    let fails = base().on("item_role", "not_equals", &json!("upsell"));
    let plan = sample.completed(&[fails]);
    let Verdict::ConditionFailed { number: 1, actual, .. } = &plan.verdicts[0].verdict else {
        panic!("{plan:?}")
    };
    assert_eq!(*actual, json!(["primary", "order_bump", "payment_option", "upsell"]));
}

#[test]
fn a_rule_that_is_switched_off_says_so_where_it_would_apply() {
    let off = |rule: Rule| Rule { enabled: false, ..rule };
    let rules = [
        off(rule("1", "add_to_list", &list()).on("currency", "equals", &json!("EUR"))),
        off(rule("2", "add_to_list", &list()).of_products(&["baking-club"])),
    ];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(plan.told(), [told("rul_1", "li_1", "disabled"), told("rul_2", "li_1", "other products")]);
}

#[test]
fn what_the_app_does_not_offer_is_named() {
    let rules =
        [rule("1", "send_notify_url_post_for_orders", &json!({})), rule("2", "add_to_group", &json!({}))];
    let plan = sample("order-completed.one-item").purchased(&rules);
    assert_eq!(
        plan.told(),
        [
            told(
                "rul_1",
                "li_1",
                "Trigger: Webhook does not offer Send Notify URL POST for Orders for Product Purchased"
            ),
            told("rul_2", "li_1", "Action: mailchimp has no action `add_to_group`")
        ]
    );
}

#[test]
fn a_rule_of_an_app_that_is_not_deployed_does_nothing_and_does_not_stop_others() {
    let rules = [rule("1", "add_to_list", &list()), rule("2", "send_notify_url_post", &json!({}))];
    let order = sample("order-completed.one-item");
    let deployed = Catalog::get().only(&[App::WEBHOOK].into());
    let (received_at, firings) = (order.fact.common.occurred_at, [Subject::Line(0)]);
    let plan = order.plan_with(&deployed, received_at, Trigger::ProductPurchased, &firings, &rules);
    assert_eq!(
        plan.told(),
        [told("rul_1", "li_1", "App: Mailchimp is not deployed"), told("rul_2", "li_1", "fired 1")]
    );
}

/// An order of three lines: two are gifts to one recipient each, the third is for the buyer.
fn two_gifts() -> Sample {
    let other = json!({ "recipient": { "email": "Second@example.com", "first_name": "Sam" } });
    sample("order-completed.every-role")
        .with("/items/0/gift", json!({ "recipient": { "email": "first@example.com" } }))
        .with("/items/1/gift", other)
}

/// An order of a gift that its buyer receives, and of a gift to another person.
fn gift_to_the_buyer() -> Sample {
    let gifts = two_gifts();
    let buyer = gifts.fact.common.customer.email.as_str().to_uppercase();
    gifts.with("/items/1/gift", json!({ "recipient": { "email": buyer } }))
}

#[test]
fn a_setting_that_holds_many_values_makes_one_job_for_each() {
    let plan =
        sample("order-completed.one-item").purchased(&[rule("1", "add_tag", &tags(&["VIP", "Rye", "vip "]))]);
    let made: Vec<_> = plan.jobs.iter().map(|job| job.settings.0["tag"].clone()).collect();
    assert_eq!(made, ["VIP", "Rye"], "a tag that is named twice is one tag");
    assert_eq!(plan.told(), [told("rul_1", "li_1", "fired 2")]);
    assert_ne!(plan.jobs[0].effect.key, plan.jobs[1].effect.key);
    assert_ne!(plan.jobs[0].id, plan.jobs[1].id);
    assert!(plan.jobs.iter().all(|job| job.settings.text("list_id") == Some("a1")));
}

#[test]
fn a_job_carries_what_its_connector_needs() {
    let sample = sample("order-completed.test-mode");
    let plan = sample.purchased(&[rule("1", "add_to_list", &list())]);
    let [job] = &plan.jobs[..] else { panic!("{plan:?}") };
    assert_eq!(job.id.event, event_id(&sample_secret(), &sample.fact));
    assert_eq!(job.marketplace.as_str(), "demo");
    assert_eq!(job.integration.as_str(), "int_mailchimp");
    assert_eq!((job.app, job.action.as_str()), (App::MAILCHIMP, "add_to_list"));
    assert_eq!((job.trigger, &job.rule), (Trigger::ProductPurchased, &rule_id("1")));
    assert_eq!(job.occurred_at, sample.fact.common.occurred_at);
    assert!(job.test_mode && !job.resumed);
    assert_eq!(job.payload, None, "only a message passes the fact on");
    let text = serde_json::to_string(job).unwrap();
    assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), *job);
}

#[test]
fn a_message_about_a_line_has_the_item_in_place_of_the_items() {
    let sample = sample("charge-refunded.one-of-two-items");
    let message = [rule("1", "send_notify_url_post", &json!({}))];
    let plan = sample.plan(Trigger::ProductRefunded, &[Subject::Line(1)], &message);
    let payload: Value = plan.jobs[0].payload.as_ref().unwrap().read().unwrap();
    assert_eq!(payload.get("items"), None);
    assert_eq!(payload["item"], sample.detail["items"][1], "with the amounts of the refund");
    let mut rest = payload;
    rest.as_object_mut().unwrap().remove("item");
    let mut expected = sample.detail.clone();
    expected.as_object_mut().unwrap().remove("items");
    assert_eq!(rest, expected);
}

#[test]
fn a_message_about_an_order_has_the_fact_as_it_was_published() {
    let sample = sample("order-completed.every-field");
    let plan = sample.completed(&[order_rule("1", "send_notify_url_post_for_orders", &json!({}))]);
    assert_eq!(plan.jobs[0].payload, Some(sample.detail.clone().into()));
    assert_eq!(sample.detail["order"]["a_field_of_yours"], "is ignored", "and yet passed on");
}

#[test]
fn a_message_about_a_subscription_has_its_item_already() {
    let sample = sample("subscription-charged.rebill");
    let plan = sample.lines(Trigger::SubscriptionCharged, &[rule("1", "send_notify_url_post", &json!({}))]);
    assert_eq!(plan.jobs[0].payload, Some(sample.detail.clone().into()));
}

#[test]
fn the_event_of_a_prospect_is_the_same_before_and_after_its_delay() {
    let Sample { fact, detail } = sample("prospect-created.left-checkout");
    let abandoned = Fact::parse("Prospect Abandoned", &detail.to_string()).unwrap();
    let id = |fact| event_id(&sample_secret(), fact);
    assert_eq!(id(&abandoned), id(&fact));
}
