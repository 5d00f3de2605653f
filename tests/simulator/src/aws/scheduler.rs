//! EventBridge Scheduler: one-time schedules that invoke a function.
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::Answer;
use super::deployment::{ACCOUNT, REGION};

/// All schedules, by group and name.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    schedules: BTreeMap<(String, String), Schedule>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names of AWS")]
struct Schedule {
    schedule_expression: String,
    flexible_time_window: serde_json::Value,
    target: ScheduleTarget,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_after_completion: Option<String>,
    #[serde(skip_serializing)]
    client_token: Option<String>,
}

/// The target of a schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ScheduleTarget {
    pub(super) arn: String,
    role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<Retries>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DeadLetters {
    pub(super) arn: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Retries {
    pub(super) maximum_event_age_in_seconds: Option<u64>,
    pub(super) maximum_retry_attempts: Option<u32>,
}

/// The key of a schedule.
pub(super) type ScheduleKey = (String, String);

impl Scheduler {
    /// Performs a call on a schedule; `None` if the operation is not implemented. Returns the time of a new schedule.
    pub(super) fn call(
        &mut self,
        operation: &str,
        name: &str,
        query: &str,
        body: &[u8],
    ) -> Option<(Answer, Option<(ScheduleKey, Timestamp)>)> {
        let group = query.split('&').find_map(|pair| pair.strip_prefix("groupName=")).unwrap_or("default");
        let key = (group.to_owned(), name.to_owned());
        let missing =
            || Answer::error(404, "ResourceNotFoundException", &format!("Schedule {name} does not exist."));
        Some(match operation {
            "CreateSchedule" => match self.create(name, body) {
                Ok((answer, due)) => (answer, due),
                Err(refused) => (refused, None),
            },
            "GetSchedule" => match self.schedules.get(&key) {
                Some(schedule) => (Answer::json(schedule), None),
                None => (missing(), None),
            },
            "DeleteSchedule" => match self.schedules.remove(&key) {
                Some(_) => (Answer::json(&json!({})), None),
                None => (missing(), None),
            },
            _ => return None,
        })
    }

    fn create(
        &mut self,
        name: &str,
        body: &[u8],
    ) -> Result<(Answer, Option<(ScheduleKey, Timestamp)>), Answer> {
        let invalid = |why: &str| Answer::error(400, "ValidationException", why);
        let schedule: Schedule = serde_json::from_slice(body).map_err(|why| invalid(&why.to_string()))?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
            return Err(invalid(
                "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+",
            ));
        }
        let due = schedule.schedule_expression.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')'));
        let due = due.and_then(|at| format!("{at}Z").parse::<Timestamp>().ok());
        let due = due.ok_or_else(|| {
            invalid(&format!("Invalid Schedule Expression {}.", schedule.schedule_expression))
        })?;
        let group = schedule.group_name.clone().unwrap_or_else(|| "default".to_owned());
        let arn = format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}");
        let created = Answer::json(&json!({ "ScheduleArn": arn }));
        let key = (group, name.to_owned());
        if let Some(known) = self.schedules.get(&key) {
            // The repetition of a call whose response was lost.
            if known.client_token.is_some() && known.client_token == schedule.client_token {
                return Ok((created, None));
            }
            return Err(Answer::error(409, "ConflictException", &format!("Schedule {name} already exists.")));
        }
        self.schedules.insert(key.clone(), schedule);
        Ok((created, Some((key, due))))
    }

    /// The target of a schedule that was not deleted.
    pub(super) fn target(&self, key: &ScheduleKey) -> Option<ScheduleTarget> {
        self.schedules.get(key).map(|schedule| schedule.target.clone())
    }

    /// Ends a schedule that has invoked its target.
    pub(super) fn complete(&mut self, key: &ScheduleKey) {
        if self.schedules.get(key).is_some_and(|one| one.action_after_completion.as_deref() == Some("DELETE"))
        {
            self.schedules.remove(key);
        }
    }

    /// The names of all schedules, with their times.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let shown = |((_, name), schedule): (&ScheduleKey, &Schedule)| {
            (name.clone(), schedule.schedule_expression.clone())
        };
        self.schedules.iter().map(shown).collect()
    }
}
