//! Verdicts in plain words.

use domain::condition::Operator;
use domain::verdict::{RuleVerdict, Verdict};
use serde_json::Value;

/// "rule rul_spring: condition 2 failed: coupon_code equals SPRING, was none".
pub fn sentence(judged: &RuleVerdict) -> String {
    let words = why(judged);
    match &judged.line {
        Some(line) => format!("line {line}, rule {}: {words}", judged.rule),
        None => format!("rule {}: {words}", judged.rule),
    }
}

/// What became of a rule, and why: "condition 2 failed: coupon_code equals SPRING, was none".
pub fn why(judged: &RuleVerdict) -> String {
    match &judged.verdict {
        // A rule that fires for several lines of one order wants the same for each.
        Verdict::Duplicate { of } if *of == judged.rule => {
            "did nothing: it does the same for another line".to_owned()
        }
        verdict => words(verdict),
    }
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fired { jobs } if jobs.len() == 1 => "fired".to_owned(),
        Verdict::Fired { jobs } => format!("fired with {} actions", jobs.len()),
        Verdict::Disabled => "is disabled".to_owned(),
        Verdict::OtherProducts => "is for other products".to_owned(),
        Verdict::ConditionFailed { number, field, operator, expected, actual } => {
            let asked = match operator {
                Operator::Exists | Operator::NotExists => comparison(*operator).to_owned(),
                _ => format!("{} {}", comparison(*operator), value(expected)),
            };
            format!("condition {number} failed: {field} {asked}, was {}", value(actual))
        }
        Verdict::Duplicate { of } => format!("did nothing: rule {of} asks for the same"),
        Verdict::Superseded { by } => {
            format!("did nothing: rule {by} asks for the opposite, and removing wins")
        }
        Verdict::NotOffered { what } => format!("did nothing: {what}"),
    }
}

/// A condition as a merchant reads it: "amount is at least 5000".
pub fn condition(condition: &domain::condition::Condition) -> String {
    let asked = format!("{} {}", condition.field, comparison(condition.operator));
    if condition.value.is_null() { asked } else { format!("{asked} {}", value(&condition.value)) }
}

fn comparison(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "equals",
        Operator::NotEquals => "does not equal",
        Operator::In => "is one of",
        Operator::NotIn => "is none of",
        Operator::Contains => "contains",
        Operator::AtLeast => "is at least",
        Operator::AtMost => "is at most",
        Operator::Exists => "exists",
        Operator::NotExists => "does not exist",
    }
}

/// A value without JSON's marks; nothing at all is "none".
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(several) => several.iter().map(self::value).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(verdict: &Value) -> String {
        let judged = json!({ "rule": "rul_spring", "line": null, "verdict": verdict });
        sentence(&serde_json::from_value(judged).unwrap())
    }

    #[test]
    fn a_failed_condition_says_what_was_asked_and_what_was_there() {
        let failed = |operator: &str, expected: Value, actual: Value| {
            verdict(
                &json!({ "is": "condition_failed", "number": 2, "field": "coupon_code", "operator": operator,
                "expected": expected, "actual": actual }),
            )
        };
        assert_eq!(
            failed("equals", json!("SPRING"), Value::Null),
            "rule rul_spring: condition 2 failed: coupon_code equals SPRING, was none"
        );
        assert_eq!(
            failed("in", json!(["A", "B"]), json!(["C", "D"])),
            "rule rul_spring: condition 2 failed: coupon_code is one of A, B, was C, D"
        );
        assert_eq!(
            failed("not_exists", Value::Null, json!("C")),
            "rule rul_spring: condition 2 failed: coupon_code does not exist, was C"
        );
    }

    #[test]
    fn every_other_verdict_is_a_sentence_too() {
        for (is, said) in [
            (json!({ "is": "disabled" }), "is disabled"),
            (json!({ "is": "other_products" }), "is for other products"),
            (json!({ "is": "duplicate", "of": "rul_1" }), "did nothing: rule rul_1 asks for the same"),
            (
                json!({ "is": "duplicate", "of": "rul_spring" }),
                "did nothing: it does the same for another line",
            ),
            (
                json!({ "is": "superseded", "by": "rul_1" }),
                "did nothing: rule rul_1 asks for the opposite, and removing wins",
            ),
            (json!({ "is": "not_offered", "what": "kit has no action" }), "did nothing: kit has no action"),
            (json!({ "is": "fired", "jobs": [] }), "fired with 0 actions"),
        ] {
            assert_eq!(verdict(&is), format!("rule rul_spring: {said}"));
        }
    }

    #[test]
    fn a_verdict_on_a_line_names_it() {
        let judged = json!({ "rule": "rul_1", "line": "li_2", "verdict": { "is": "disabled" } });
        let judged: RuleVerdict = serde_json::from_value(judged).unwrap();
        assert_eq!(sentence(&judged), "line li_2, rule rul_1: is disabled");
    }
}
