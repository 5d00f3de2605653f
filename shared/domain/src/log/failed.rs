//! Groups of failed actions: the operator is notified of a group, not of each action.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{JobRecord, Status};
use crate::app::App;
use crate::id::{FactKey, IntegrationId, JobId, MarketplaceId, RuleId};
use crate::job::{Contact, Job};
use crate::outcome::Reason;
use crate::time;

/// How long a group lasts. Actions that fail later are in the next group.
const LASTS: SignedDuration = SignedDuration::from_hours(1);
/// The most groups of an account and status at a time, so that an app whose every answer differs makes no flood of
/// notifications. Two reasons may share a group; then the operator is notified of the first one.
const GROUPS: u8 = 64;
/// A shorter part of a name may be an ordinary word.
const SHORTEST_NAME: usize = 3;

/// Actions of one account that ended in the same hour, with the same status and for the same reason. It names the first
/// of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedActions {
    /// The marketplace of the account.
    #[serde(rename = "marketplace_id")]
    pub marketplace: MarketplaceId,
    /// The account.
    pub integration: IntegrationId,
    /// The account's app.
    pub app: App,
    /// `rejected` or `exhausted`.
    pub status: Status,
    /// The reason of the first action, without data of its contact.
    pub reason: Reason,
    /// The first action.
    pub first_action: JobId,
    /// The rule of the first action.
    pub rule: RuleId,
    /// The time at which the first action ended.
    pub since: Timestamp,
    /// The end of the group: until then, no further notification is sent for it.
    pub until: Timestamp,
    /// The number of the group among those of its account and status.
    #[serde(skip)]
    pub number: u8,
}

impl FailedActions {
    /// The group that begins with this action if no earlier action began it; `None` if the action has not failed.
    pub fn beginning_with(job: &Job, record: &JobRecord) -> Option<Self> {
        match record.status {
            Status::Rejected | Status::Exhausted => {}
            Status::Performed
            | Status::AlreadySo
            | Status::Duplicate
            | Status::Superseded
            | Status::Retrying
            | Status::RateLimited
            | Status::Held
            | Status::Canceled => return None,
        }
        let reason = record.reason.as_ref().map(|reason| impersonal(reason, &job.contact));
        let reason = reason.unwrap_or_else(|| Reason::new(""));
        // Numbers in a reason are often times or ids.
        let kind: String = reason.message.chars().filter(|c| !c.is_numeric()).collect();
        let since = record.updated_at;
        let begins = since.as_second().div_euclid(LASTS.as_secs()) * LASTS.as_secs();
        Some(Self {
            marketplace: record.marketplace.clone(),
            integration: record.integration.clone(),
            app: record.app,
            status: record.status,
            reason,
            first_action: record.id,
            rule: record.rule.clone(),
            since,
            until: time::after(Timestamp::from_second(begins).unwrap_or(since), LASTS),
            number: FactKey::of(&[&kind]).shard(GROUPS),
        })
    }
}

/// A reason without addresses, and without names and phone number of the contact.
fn impersonal(reason: &Reason, contact: &Contact) -> Reason {
    let names = [contact.first_name.as_deref(), contact.last_name.as_deref()].into_iter().flatten();
    let names: Vec<_> = names
        .flat_map(|name| name.split(between_words))
        .filter(|name| name.chars().count() >= SHORTEST_NAME)
        .map(str::to_lowercase)
        .collect();
    let phone = contact.phone.as_deref().map(str::trim).filter(|phone| !phone.is_empty());
    let text = |text: &str| {
        let text = phone.map_or_else(|| text.to_owned(), |phone| text.replace(phone, "[phone]"));
        without_names(&without_addresses(&text), &names)
    };
    Reason {
        message: text(&reason.message),
        hint: reason.hint.as_deref().map(text),
        fix: reason.fix,
        note: None,
    }
}

fn between_words(c: char) -> bool {
    !c.is_alphanumeric()
}

fn without_addresses(text: &str) -> String {
    let word = |word: &str| {
        let core = word.trim_matches(between_words);
        let is_address = core.contains('@') || core.contains("%40");
        if is_address { word.replace(core, "[address]") } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// `names` are in lower case.
fn without_names(text: &str, names: &[String]) -> String {
    let part = |part: &str| {
        let word = part.trim_end_matches(between_words);
        if names.contains(&word.to_lowercase()) { part.replacen(word, "[name]", 1) } else { part.to_owned() }
    };
    text.split_inclusive(between_words).map(part).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job() -> Job {
        let job = json!({
            "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "integration": "int_1",
            "app": "kit", "rule": "rul_1", "trigger": "product_purchased", "action": "add_tag",
            "settings": { "tag": "VIP" }, "effect": { "key": "0".repeat(24), "intent": "on" },
            "contact": { "email": "Ada@example.com", "first_name": "Ada-Maria", "last_name": "Lo", "phone": "+1 555 0100" },
            "occurred_at": "2026-05-04T10:00:00Z", "ordered_at": "2026-05-04T10:00:00Z",
        });
        serde_json::from_value(job).unwrap()
    }

    fn ended(status: Status, message: &str, at: &str) -> Option<FailedActions> {
        let record = json!({
            "id": job().id, "marketplace": "demo", "rule": "rul_1", "trigger": "product_purchased",
            "integration": "int_1", "app": "kit", "action": "add_tag", "intent": "on", "email": "Ada@example.com",
            "occurred_at": "2026-05-04T10:00:00Z", "updated_at": at, "status": status, "attempts": 1,
            "reason": { "message": message, "hint": "Correct ada@example.com." },
        });
        FailedActions::beginning_with(&job(), &serde_json::from_value(record).unwrap())
    }

    #[test]
    fn only_actions_that_failed_for_good_are_in_a_group() {
        for status in Status::ALL {
            let group = ended(*status, "No.", "2026-05-04T10:00:00Z");
            assert_eq!(group.is_some(), [Status::Rejected, Status::Exhausted].contains(status), "{status}");
        }
    }

    #[test]
    fn the_reason_names_no_person() {
        let said =
            "<Ada@example.com>, (b%40example.com): \"MARIA\" of Lo at Canada, +1 555 0100, is no `VIP` @ 5.";
        let group = ended(Status::Rejected, said, "2026-05-04T10:00:00Z").unwrap();
        let expected = "<[address]>, ([address]): \"[name]\" of Lo at Canada, [phone], is no `VIP` @ 5.";
        assert_eq!(group.reason.message, expected);
        assert_eq!(group.reason.hint.as_deref(), Some("Correct [address]."));
        let text = serde_json::to_string(&group).unwrap().to_lowercase();
        assert!(!text.contains("example.com") && !text.contains("maria"), "{text}");
    }

    #[test]
    fn a_group_is_of_one_hour_and_kind_of_reason() {
        let group = |message, at| {
            let group = ended(Status::Rejected, message, at).unwrap();
            (group.number, group.until)
        };
        let first = group("No such list: 17.", "2026-05-04T10:00:00Z");
        assert_eq!(first.1.to_string(), "2026-05-04T11:00:00Z");
        assert_eq!(group("No such list: 4.", "2026-05-04T10:59:59Z"), first);
        assert_ne!(group("No such list: 17.", "2026-05-04T11:00:00Z").1, first.1);
        assert_ne!(group("No such tag.", "2026-05-04T10:00:00Z").0, first.0);
    }
}
