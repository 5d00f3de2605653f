//! The counted kinds of events.

use domain::app::App;
use domain::trigger::Trigger;
use operations::costs::Shape;
use serde_json::{Value, json};
use stack::{Sample, Shop};

use super::facts;
use crate::purchases::{add_to_list, email, purchase};

/// The number of facts that are published while counting.
pub(crate) const FACTS: usize = 20;

/// A kind of event.
pub(crate) struct Scenario {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    /// The invocations of functions other than connectors for a fact.
    pub(super) invocations: usize,
    /// The jobs of a fact, by app.
    pub(super) jobs: &'static [(App, usize)],
    pub(super) rules: &'static [Rule],
    pub(super) fact: fn(&Shop, usize) -> Sample,
    /// How the model computes it, if it does.
    pub(super) shape: Option<Shape>,
    /// Whether the app's first answer to each fact is an error.
    pub(super) fails_once: bool,
}

impl Scenario {
    /// The number of facts that are counted. Ten failures in a row would pause the account.
    pub(super) fn facts(&self) -> usize {
        if self.fails_once { 4 } else { FACTS }
    }
}

/// A rule of a scenario.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Product Purchased: the buyer is added to a list.
    AddToList,
    /// Product Purchased: a webhook for each line.
    TellOfLines,
    /// Order Completed: a webhook.
    TellOfOrder,
}

impl Rule {
    pub(super) async fn save(self, shop: &Shop) {
        let tell = |action: &str| -> Value { json!({ "action": action }) };
        match self {
            Self::AddToList => add_to_list(shop).await,
            Self::TellOfLines => {
                let rest = tell("send_notify_url_post");
                drop(shop.rule("lines_webhook", Trigger::ProductPurchased, App::WEBHOOK, rest).await);
            }
            Self::TellOfOrder => {
                let rest = tell("send_notify_url_post_for_orders");
                drop(shop.rule("order_webhook", Trigger::OrderCompleted, App::WEBHOOK, rest).await);
            }
        }
    }
}

const ONE: &[(App, usize)] = &[(App::MAILCHIMP, 1)];

fn one_action(
    key: &'static str,
    name: &'static str,
    size: f64,
    fact: fn(&Shop, usize) -> Sample,
) -> Scenario {
    let shape = Some(Shape::order(size, 1.0, 1.0));
    Scenario {
        key,
        name,
        invocations: 2,
        jobs: ONE,
        rules: &[Rule::AddToList],
        fact,
        shape,
        fails_once: false,
    }
}

/// A purchase that matches one rule with one action.
pub(crate) fn one() -> Scenario {
    one_action("one", "one action, 0.5 KB", 500.0, purchase)
}

/// All kinds.
pub(super) fn all() -> Vec<Scenario> {
    let action = |key, name, size, fact| one_action(key, name, size, fact);
    vec![
        Scenario {
            key: "none",
            name: "no rule",
            jobs: &[],
            rules: &[],
            shape: Some(Shape::order(500.0, 0.0, 1.0)),
            ..one()
        },
        one(),
        action("kb2", "one action, 2 KB", 2048.0, |shop, number| facts::sized(shop, number, 2048)),
        action("kb4", "one action, 4 KB", 4096.0, |shop, number| facts::sized(shop, number, 4096)),
        action("kb16", "one action, 16 KB", 16_384.0, |shop, number| facts::sized(shop, number, 16_384)),
        Scenario {
            key: "three",
            name: "three actions of three rules",
            jobs: &[(App::MAILCHIMP, 1), (App::WEBHOOK, 2)],
            rules: &[Rule::AddToList, Rule::TellOfLines, Rule::TellOfOrder],
            shape: None,
            ..one()
        },
        Scenario {
            key: "lines",
            name: "ten lines, two rules: eleven actions",
            jobs: &[(App::MAILCHIMP, 1), (App::WEBHOOK, 10)],
            rules: &[Rule::AddToList, Rule::TellOfLines],
            fact: |shop, number| facts::of_lines(shop, number, 10),
            shape: None,
            ..one()
        },
        Scenario {
            key: "retried",
            name: "one action, at the second attempt",
            fails_once: true,
            shape: None,
            ..one()
        },
        Scenario {
            key: "prospect",
            name: "a prospect who does not buy, no rule",
            // The fact, its timer, and the trigger.
            invocations: 3,
            jobs: &[],
            rules: &[],
            fact: prospect,
            shape: None,
            ..one()
        },
    ]
}

fn prospect(shop: &Shop, number: usize) -> Sample {
    Sample::read("prospect-created.left-checkout")
        .of(&shop.id)
        .id(&format!("pro_{number}"))
        .email(&email(shop, number))
        .now()
}
