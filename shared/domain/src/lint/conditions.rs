//! Finds conditions that no fact can satisfy: alone, or together with others on the same field.
//!
//! If a fact might satisfy them, nothing is reported: a false error would keep a valid rule from being saved.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Code, Finding, error};
use crate::condition::{Condition, Field, Operator, number, same};
use crate::fact::Role;
use crate::money::MAX_AMOUNT;
use crate::trigger::Trigger;

/// Whether a trigger's fact has a field: never, sometimes or always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Never,
    Sometimes,
    Always,
}

/// The order lines that a trigger fires for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// No lines.
    None,
    /// One line, in any role.
    One,
    /// One line, an upsell.
    Upsell,
    /// All lines at once, so that a field of lines has several values.
    Several,
}

/// The parts of a trigger's fact.
#[derive(Debug, Clone, Copy)]
struct Shape {
    lines: Lines,
    /// Whether it has an amount.
    amount: bool,
    /// Whether it has a whole order, with custom fields and campaign.
    order: bool,
}

const ORDER: Shape = Shape { lines: Lines::Several, amount: true, order: true };
const ORDER_LINE: Shape = Shape { lines: Lines::One, ..ORDER };
const UPSELL: Shape = Shape { lines: Lines::Upsell, ..ORDER };
const LINE: Shape = Shape { order: false, ..ORDER_LINE };
const STATUS: Shape = Shape { amount: false, ..LINE };
const BARE: Shape = Shape { lines: Lines::None, ..STATUS };

fn shape(trigger: Trigger) -> Shape {
    match trigger {
        Trigger::CheckoutCharged | Trigger::CheckoutFailed | Trigger::OrderCompleted => ORDER,
        Trigger::ProductPurchased | Trigger::ProductAddedToOrder => ORDER_LINE,
        Trigger::UpsellPurchased => UPSELL,
        Trigger::ProductRefunded
        | Trigger::ProductPartiallyRefunded
        | Trigger::ProspectCreated
        | Trigger::SubscriptionStarted
        | Trigger::SubscriptionCharged
        | Trigger::SubscriptionChargeFailed
        | Trigger::SubscriptionRecovered
        | Trigger::SubscriptionCompleted
        | Trigger::SubscriptionChargeRefunded
        | Trigger::SubscriptionChargePartiallyRefunded => LINE,
        Trigger::SubscriptionDelinquent
        | Trigger::SubscriptionCanceled
        | Trigger::SubscriptionRestarted
        | Trigger::SubscriptionCancelScheduled
        | Trigger::SubscriptionCancelScheduledStopped => STATUS,
        Trigger::LeadAdded
        | Trigger::CourseStudentAdded
        | Trigger::CourseStudentRemoved
        | Trigger::CourseStudentStarted
        | Trigger::CourseStudentFinished => BARE,
    }
}

impl Shape {
    fn presence(self, field: &Field) -> Presence {
        let (there, presence) = match field {
            Field::Amount | Field::Currency => (self.amount, Presence::Always),
            Field::ItemRole => (self.lines != Lines::None, Presence::Always),
            Field::CouponCode | Field::PaymentOption => (self.lines != Lines::None, Presence::Sometimes),
            Field::CustomField(_) | Field::Utm(_) => (self.order, Presence::Sometimes),
            Field::TestMode => (true, Presence::Always),
            Field::CustomerCountry => (true, Presence::Sometimes),
        };
        if there { presence } else { Presence::Never }
    }

    /// Whether the field can have more than one value at once.
    fn is_several(self, field: &Field) -> bool {
        self.lines == Lines::Several
            && matches!(field, Field::CouponCode | Field::ItemRole | Field::PaymentOption)
    }

    /// All possible values of the field, if they are few.
    fn values(self, field: &Field) -> Option<Vec<Value>> {
        let roles = [Role::Primary, Role::Upsell, Role::OrderBump, Role::PaymentOption];
        match field {
            Field::ItemRole if self.lines == Lines::Upsell => Some(vec![Role::Upsell.key().into()]),
            Field::ItemRole => Some(roles.iter().map(|role| role.key().into()).collect()),
            Field::TestMode => Some(vec![true.into(), false.into()]),
            Field::Amount
            | Field::Currency
            | Field::CouponCode
            | Field::PaymentOption
            | Field::CustomerCountry
            | Field::CustomField(_)
            | Field::Utm(_) => None,
        }
    }
}

/// A field that a trigger's condition can compare.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerField {
    /// The field.
    pub field: Field,
    /// Whether every fact of the trigger has it.
    pub always: bool,
    /// Whether it can have one value for each order line.
    pub several: bool,
    /// All possible values, if they are few.
    pub values: Option<Vec<Value>>,
}

/// The fields that the facts of a trigger have.
pub fn fields(trigger: Trigger) -> Vec<TriggerField> {
    let shape = shape(trigger);
    let held = Field::all().filter(|field| shape.presence(field) != Presence::Never);
    let row = |field: Field| TriggerField {
        always: shape.presence(&field) == Presence::Always,
        several: shape.is_several(&field),
        values: shape.values(&field),
        field,
    };
    held.map(row).collect()
}

/// The first condition of each field that can never hold together with those before it. Each must have passed its own
/// check; the numbers are the conditions' places in the rule.
pub(super) fn never_hold(trigger: Option<Trigger>, conditions: &[(usize, &Condition)]) -> Vec<Finding> {
    // An unknown trigger may have all fields of an order.
    let shape = trigger.map_or(ORDER, shape);
    let mut findings = Vec::new();
    let mut done: Vec<&Field> = Vec::new();
    for (_, condition) in conditions {
        let field = &condition.field;
        if done.contains(&field) {
            continue;
        }
        done.push(field);
        let presence = if trigger.is_some() { shape.presence(field) } else { Presence::Sometimes };
        let of_field: Vec<_> =
            conditions.iter().filter(|(_, condition)| condition.field == *field).copied().collect();
        let possible = |some: &[(usize, &Condition)]| {
            let some: Vec<&Condition> = some.iter().map(|(_, condition)| *condition).collect();
            is_possible(&some, field, shape, presence)
        };
        if possible(&of_field) {
            continue;
        }
        // Each further condition can only exclude more, so a binary search finds the first that excludes
        // everything.
        let ends: Vec<usize> = (1..=of_field.len()).collect();
        let end = 1 + ends.partition_point(|end| possible(&of_field[..*end]));
        let (index, culprit) = of_field[end - 1];
        let wrong = if possible(&of_field[end - 1..end]) {
            let earlier = of_field[..end - 1].iter().find(|other| !possible(&[**other, (index, culprit)]));
            let others = match earlier {
                Some((other, _)) => format!("condition {}", other + 1),
                None => "the conditions before it".to_owned(),
            };
            format!(
                "condition {} on `{field}` can never hold together with {others}: a rule needs all of its \
                 conditions, so change one of them or write two rules",
                index + 1
            )
        } else {
            alone(culprit, trigger, presence)
        };
        findings.push(error(Code::ConditionNeverHolds, format!("/conditions/{index}"), wrong));
    }
    findings
}

fn alone(condition: &Condition, trigger: Option<Trigger>, presence: Presence) -> String {
    let Condition { field, operator, value } = condition;
    if let (Some(trigger), Presence::Never) = (trigger, presence) {
        return format!(
            "`{field}` never has a value when {} fires, so the rule could never fire: remove the condition",
            trigger.label()
        );
    }
    let value = if value.is_null() { String::new() } else { format!(" {value}") };
    format!(
        "`{field}` {}{value} can never hold, so the rule could never fire: change the condition",
        operator.key()
    )
}

/// Whether some fact can satisfy all of these conditions on one field.
fn is_possible(conditions: &[&Condition], field: &Field, shape: Shape, presence: Presence) -> bool {
    let without = conditions.iter().all(|condition| match condition.operator {
        Operator::NotEquals | Operator::NotIn | Operator::NotExists => true,
        Operator::Equals
        | Operator::In
        | Operator::Contains
        | Operator::AtLeast
        | Operator::AtMost
        | Operator::Exists => false,
    });
    let with = || {
        let absent = conditions.iter().any(|condition| condition.operator == Operator::NotExists);
        !absent && has_values(conditions, field, shape)
    };
    match presence {
        Presence::Never => without,
        Presence::Sometimes => without || with(),
        Presence::Always => with(),
    }
}

/// Whether some value, or several if the field can have them, can satisfy all of these conditions.
fn has_values(conditions: &[&Condition], field: &Field, shape: Shape) -> bool {
    let (negative, positive): (Vec<&Condition>, Vec<&Condition>) = conditions
        .iter()
        .copied()
        .partition(|condition| matches!(condition.operator, Operator::NotEquals | Operator::NotIn));
    if !shape.is_several(field) {
        return has_value(&positive, &negative, field, shape);
    }
    // Each of several values must satisfy all exclusions, and each other condition can be satisfied by a value of its
    // own.
    has_value(&[], &negative, field, shape)
        && positive.iter().all(|condition| has_value(&[*condition], &negative, field, shape))
}

/// Whether one value can satisfy all of these conditions.
fn has_value(positive: &[&Condition], negative: &[&Condition], field: &Field, shape: Shape) -> bool {
    let named = positive.iter().filter_map(|condition| match condition.operator {
        Operator::Equals => Some(vec![condition.value.clone()]),
        Operator::In => Some(condition.value.as_array().cloned().unwrap_or_default()),
        Operator::NotEquals
        | Operator::NotIn
        | Operator::Contains
        | Operator::AtLeast
        | Operator::AtMost
        | Operator::Exists
        | Operator::NotExists => None,
    });
    let listed = shape.values(field);
    let allows = |value: &Value| {
        can_be(field, value)
            && listed.iter().all(|listed| listed.iter().any(|one| same(one, value)))
            && positive.iter().all(|condition| condition.admits(value))
            && negative.iter().all(|condition| condition.admits(value))
    };
    if let Some(values) = named.chain(listed.clone()).min_by_key(Vec::len) {
        return values.iter().any(allows);
    }
    let bound = |operator: Operator| {
        positive.iter().filter(move |one| one.operator == operator).filter_map(|one| number(&one.value))
    };
    let lowest = bound(Operator::AtLeast).fold(f64::NEG_INFINITY, f64::max);
    let highest = bound(Operator::AtMost).fold(f64::INFINITY, f64::min);
    match field {
        Field::Amount => {
            let (lowest, highest) = (lowest.ceil().max(0.0), highest.floor().min(LARGEST));
            let excluded: BTreeSet<u64> = negative.iter().flat_map(|one| amounts(&one.value)).collect();
            let within = excluded.iter().filter(|one| (lowest..=highest).contains(&exact(**one))).count();
            highest - lowest + 1.0 > exact(u64::try_from(within).unwrap_or(u64::MAX))
        }
        Field::Currency
        | Field::CouponCode
        | Field::ItemRole
        | Field::PaymentOption
        | Field::TestMode
        | Field::CustomerCountry
        | Field::CustomField(_)
        | Field::Utm(_) => lowest <= highest,
    }
}

const LARGEST: f64 = exact(MAX_AMOUNT);

#[expect(clippy::cast_precision_loss, reason = "amounts end where a float stops being exact")]
const fn exact(amount: u64) -> f64 {
    amount as f64
}

/// The whole amounts that a value contains.
fn amounts(value: &Value) -> Vec<u64> {
    let one = |value: &Value| {
        let amount = number(value)?;
        (0..=MAX_AMOUNT).contains(&whole(amount)?).then(|| whole(amount)).flatten()
    };
    match value {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, and within what is exact"
)]
fn whole(amount: f64) -> Option<u64> {
    (amount.fract() == 0.0 && (0.0..=LARGEST).contains(&amount)).then_some(amount as u64)
}

/// Whether a fact can have this value in this field.
fn can_be(field: &Field, value: &Value) -> bool {
    let letters = |count: usize| {
        let text = value.as_str().map(str::trim).unwrap_or_default();
        text.len() == count && text.chars().all(|c| c.is_ascii_alphabetic())
    };
    match field {
        Field::Amount => number(value).and_then(whole).is_some(),
        Field::Currency => letters(3),
        Field::CustomerCountry => letters(2),
        Field::CouponCode | Field::PaymentOption | Field::CustomField(_) | Field::Utm(_) => {
            value.as_str().is_some_and(|text| !text.trim().is_empty())
        }
        Field::ItemRole | Field::TestMode => true,
    }
}
