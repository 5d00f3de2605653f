//! Verdicts as text.

use domain::condition::Operator;
use domain::id::RuleId;
use domain::verdict::{LeftOut, Loss, RuleVerdict, Verdict};
use serde_json::Value;

use super::explain::{JudgedNow, Unstored};

/// "rule rul_spring: condition 2 failed: coupon_code equals SPRING, was none".
pub fn sentence(judged: &RuleVerdict) -> String {
    about(judged, &why(judged))
}

fn about(judged: &RuleVerdict, words: &str) -> String {
    match &judged.line {
        Some(line) => format!("line {line}, rule {}: {words}", judged.rule),
        None => format!("rule {}: {words}", judged.rule),
    }
}

/// The verdict and its reason: "condition 2 failed: coupon_code equals SPRING, was none".
pub fn why(judged: &RuleVerdict) -> String {
    let mut said = match &judged.verdict {
        // The reasons are those of the parts.
        Verdict::Duplicate { .. } | Verdict::Superseded { .. } if !judged.left_out.is_empty() => {
            "did nothing".to_owned()
        }
        verdict => words(&judged.rule, verdict),
    };
    if !judged.left_out.is_empty() {
        let parts: Vec<_> = judged.left_out.iter().map(|part| left_out(&judged.rule, part)).collect();
        said = format!("{said}; left out: {}", parts.join("; "));
    }
    said
}

/// "VIP (rule rul_spring asks for the same)".
fn left_out(rule: &RuleId, part: &LeftOut) -> String {
    let named: Vec<_> = part.target.iter().chain(&part.recipient).map(String::as_str).collect();
    format!("{} ({})", named.join(" for "), loss(rule, &part.why))
}

/// The reason why a part of a rule has no action.
pub fn loss(rule: &RuleId, why: &Loss) -> String {
    match why {
        Loss::Duplicate { of } if of == rule => "it does the same for another line".to_owned(),
        Loss::Duplicate { of } => format!("rule {of} asks for the same"),
        Loss::Superseded { by } => format!("rule {by} asks for the opposite, and removing wins"),
    }
}

/// The sentence of a verdict that is not stored: "line li_1, rule rul_new: is newer than …".
pub fn sentence_now(now: &JudgedNow) -> String {
    about(&now.judged, &why_now(now))
}

/// The verdict on a rule that is judged now, and the reason why it is not stored.
pub fn why_now(now: &JudgedNow) -> String {
    let words = why(&now.judged);
    let fires = matches!(now.judged.verdict, Verdict::Fired { .. });
    let outcome = match now.unstored {
        _ if now.judged.verdict == Verdict::OtherProducts => return words,
        Unstored::Waits { .. } if fires => "it would fire now".to_owned(),
        _ if fires => "it would fire now, and a replay by the current rules does it".to_owned(),
        _ => format!("now: {words}"),
    };
    match now.unstored {
        Unstored::NotRead if fires => format!("was not read; {outcome}"),
        Unstored::NotRead | Unstored::NoRoom => words,
        Unstored::Newer => format!("is newer than the event and was not read; {outcome}"),
        Unstored::Waits { until } => {
            format!("is judged at {until}, unless the product is bought; {outcome}")
        }
    }
}

fn words(rule: &RuleId, verdict: &Verdict) -> String {
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
        Verdict::Duplicate { of } => did_nothing(rule, Loss::Duplicate { of: of.clone() }),
        Verdict::Superseded { by } => did_nothing(rule, Loss::Superseded { by: by.clone() }),
        Verdict::NotOffered { what, .. } => format!("did nothing: {what}"),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for it")]
fn did_nothing(rule: &RuleId, why: Loss) -> String {
    format!("did nothing: {}", loss(rule, &why))
}

/// A condition as text: "amount is at least 5000".
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

/// A value without JSON's quotes and brackets; null is "none".
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
            (
                json!({ "is": "not_offered", "missing": "action", "what": "kit has no action" }),
                "did nothing: kit has no action",
            ),
            (json!({ "is": "fired", "jobs": [] }), "fired with 0 actions"),
        ] {
            assert_eq!(verdict(&is), format!("rule rul_spring: {said}"));
        }
    }

    #[test]
    fn a_part_that_was_left_out_says_why() {
        let judged = |verdict: Value, left_out: Value| {
            let judged = json!({ "rule": "rul_spring", "verdict": verdict, "left_out": left_out });
            why(&serde_json::from_value(judged).unwrap())
        };
        let same = json!({ "target": "VIP", "why": { "is": "duplicate", "of": "rul_1" } });
        let opposite =
            json!({ "target": "Rye", "recipient": "a@b.c", "why": { "is": "superseded", "by": "rul_2" } });
        assert_eq!(
            judged(json!({ "is": "fired", "jobs": [format!("job_{}", "0".repeat(58))] }), json!([same])),
            "fired; left out: VIP (rule rul_1 asks for the same)"
        );
        assert_eq!(
            judged(json!({ "is": "duplicate", "of": "rul_1" }), json!([same, opposite])),
            "did nothing; left out: VIP (rule rul_1 asks for the same); Rye for a@b.c (rule rul_2 asks for the \
             opposite, and removing wins)"
        );
    }

    #[test]
    fn a_verdict_that_is_not_stored_says_why_and_what_would_do_it() {
        let until = "2026-05-04T12:00:00Z".parse().unwrap();
        let said = |verdict: &Value, unstored| {
            let judged = json!({ "rule": "rul_1", "line": null, "verdict": verdict });
            sentence_now(&JudgedNow { judged: serde_json::from_value(judged).unwrap(), unstored })
        };
        let fired = json!({ "is": "fired", "jobs": [format!("job_{}", "0".repeat(58))] });
        let off = json!({ "is": "disabled" });
        let replay = "it would fire now, and a replay by the current rules does it";
        for (verdict, unstored, words) in [
            (&fired, Unstored::NoRoom, "fired"),
            (&fired, Unstored::NotRead, &format!("was not read; {replay}")),
            (&fired, Unstored::Newer, &format!("is newer than the event and was not read; {replay}")),
            (&off, Unstored::Newer, "is newer than the event and was not read; now: is disabled"),
            (&json!({ "is": "other_products" }), Unstored::Newer, "is for other products"),
            (
                &fired,
                Unstored::Waits { until },
                "is judged at 2026-05-04T12:00:00Z, unless the product is bought; it would fire now",
            ),
            (
                &off,
                Unstored::Waits { until },
                "is judged at 2026-05-04T12:00:00Z, unless the product is bought; now: is disabled",
            ),
        ] {
            assert_eq!(said(verdict, unstored), format!("rule rul_1: {words}"));
        }
    }

    #[test]
    fn a_verdict_on_a_line_names_it() {
        let judged = json!({ "rule": "rul_1", "line": "li_2", "verdict": { "is": "disabled" } });
        let judged: RuleVerdict = serde_json::from_value(judged).unwrap();
        assert_eq!(sentence(&judged), "line li_2, rule rul_1: is disabled");
    }
}
