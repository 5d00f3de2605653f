//! The space for verdicts in an event's item.
//!
//! A fact with a hundred lines and many rules for each line results in more verdicts than an item can store. By then
//! the jobs are on their queues, so the event must be stored in any case. It stores the verdicts that fit and the
//! number of the others, which can be computed again from the stored fact.

use std::collections::BTreeMap;

use domain::verdict::{RuleVerdict, Verdict};

/// The largest item, in bytes. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const ITEM: usize = 400 * 1024;
/// Bytes reserved for all attributes except the fact and the verdicts: keys, times, the fact's id, the buyer's address
/// of 320 characters, a timer, the names of all attributes.
const BESIDE: usize = 4 * 1024;
/// The smallest verdict, in bytes: the names of its fields, the shortest id and the shortest verdict.
const LEAST: usize = 32;
/// The most triggers that one fact fires. Each has an equal part of the space, so that none has to consider the others.
pub const MOST_TRIGGERS: usize = 4;

/// The space for each trigger's verdicts in bytes, for a fact of this size.
pub(super) fn room(detail: &str) -> usize {
    ITEM.saturating_sub(BESIDE + detail.len()) / MOST_TRIGGERS
}

/// The verdicts that fit, in their order, as JSON, and the number of those that do not. Verdicts that fired come first:
/// their jobs are sent, and a replay reads them. Their size is that of the JSON, although they are stored compressed.
pub(super) fn fitting(
    verdicts: &[RuleVerdict],
    mut room: usize,
) -> Result<(String, usize), serde_json::Error> {
    let fired = |index: &usize| matches!(verdicts[*index].verdict, Verdict::Fired { .. });
    let (first, then): (Vec<usize>, Vec<usize>) = (0..verdicts.len()).partition(fired);
    let mut stored: BTreeMap<usize, String> = BTreeMap::new();
    for index in first.into_iter().chain(then) {
        if room < LEAST {
            break;
        }
        let json = serde_json::to_string(&verdicts[index])?;
        if let Some(left) = room.checked_sub(1 + json.len()) {
            room = left;
            stored.insert(index, json);
        }
    }
    let unstored = verdicts.len() - stored.len();
    Ok((format!("[{}]", stored.into_values().collect::<Vec<_>>().join(",")), unstored))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(line: usize, verdict: &serde_json::Value) -> RuleVerdict {
        let judged =
            json!({ "rule": "rul_0123456789abcdef", "line": format!("li_{line}"), "verdict": verdict });
        serde_json::from_value(judged).unwrap()
    }

    fn failed(line: usize) -> RuleVerdict {
        let failed = json!({ "is": "condition_failed", "number": 1, "field": "currency", "operator": "equals",
            "expected": "EUR", "actual": ["x".repeat(256), 1, null, true] });
        judged(line, &failed)
    }

    fn fired(line: usize) -> RuleVerdict {
        judged(line, &json!({ "is": "fired", "jobs": [format!("job_{}", "0".repeat(58))] }))
    }

    /// The number of verdicts in JSON.
    fn count(json: &str) -> usize {
        serde_json::from_str::<Vec<RuleVerdict>>(json).unwrap().len()
    }

    #[test]
    fn an_event_fits_its_item_for_any_fact_and_any_number_of_verdicts() {
        let verdicts: Vec<_> = (0..2500).map(failed).collect();
        for bytes in [1_000, 100_000, domain::fact::error::MOST_BYTES] {
            let room = room(&"x".repeat(bytes));
            let (stored, unstored) = fitting(&verdicts, room).unwrap();
            assert_eq!(count(&stored) + unstored, 2500);
            assert!(count(&stored) > 50, "{bytes}: {}", count(&stored));
            assert!(MOST_TRIGGERS * stored.len() + bytes + BESIDE <= ITEM, "{bytes}: {}", stored.len());
        }
    }

    #[test]
    fn nothing_is_left_out_while_there_is_room() {
        let verdicts: Vec<_> = (0..100).map(failed).collect();
        let (stored, unstored) = fitting(&verdicts, room("")).unwrap();
        assert_eq!((count(&stored), unstored), (100, 0));
    }

    #[test]
    fn verdicts_that_fired_are_stored_first_and_keep_their_order() {
        let verdicts = [failed(1), fired(2), failed(3), fired(4)];
        let size = |verdict: &RuleVerdict| serde_json::to_string(verdict).unwrap().len();
        let room = size(&fired(2)) * 2 + size(&failed(1)) + 10;
        let (stored, unstored) = fitting(&verdicts, room).unwrap();
        assert_eq!(unstored, 1);
        let stored: Vec<RuleVerdict> = serde_json::from_str(&stored).unwrap();
        assert_eq!(stored, [&verdicts[0], &verdicts[1], &verdicts[3]].map(Clone::clone));
    }
}
