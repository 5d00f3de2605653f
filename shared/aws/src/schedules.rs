//! One-time schedules of EventBridge Scheduler.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use jiff::Timestamp;

use crate::clients::{OnUse, on_use};

/// A schedule that could not be read, created or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The call failed temporarily, or the deployment lacks a permission.
    #[error("the call of EventBridge Scheduler for the schedule `{name}` failed")]
    Unavailable {
        /// The schedule's name.
        name: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The result of setting a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set {
    /// The schedule was created.
    New,
    /// A schedule of this name exists already.
    Already(Scheduled),
}

/// An existing schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// When the schedule ends. The time may be past: AWS deletes a schedule some time after it has invoked its
    /// function.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html>
    pub ends_at: Timestamp,
    /// The input that the schedule passes to its function.
    pub input: String,
}

/// One-time schedules.
#[derive(Debug, Clone)]
pub struct Schedules {
    client: OnUse<Client>,
    place: SchedulePlace,
}

/// The schedules' group, the role that invokes functions, and the dead-letter queue for failed invocations.
#[derive(Debug, Clone)]
pub struct SchedulePlace {
    /// The schedule group.
    pub group: String,
    /// The role that may invoke the function.
    pub role: String,
    /// The queue for invocations that could not be delivered.
    pub dead_letters: String,
}

impl Schedules {
    /// `place`: the group, role and queue of every schedule.
    pub fn new(config: &aws_config::SdkConfig, place: SchedulePlace) -> Self {
        Self { client: on_use(config, Client::new), place }
    }

    /// Opens the connection to Scheduler with a call that changes nothing, before the first prospect waits.
    pub async fn warm(&self) {
        // No schedule of a prospect has this name.
        drop(self.find("warm").await);
    }

    /// Invokes a function once, at the given time, with `input`; the schedule deletes itself afterwards.
    pub async fn once(
        &self,
        name: &str,
        at: Timestamp,
        function: &str,
        input: String,
    ) -> Result<Set, ScheduleError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| ScheduleError::Unavailable {
            name: name.to_owned(),
            source,
        };
        let dead_letters = DeadLetterConfig::builder().arn(&self.place.dead_letters).build();
        let retry =
            RetryPolicy::builder().maximum_event_age_in_seconds(86_400).maximum_retry_attempts(185).build();
        let target = Target::builder()
            .arn(function)
            .role_arn(&self.place.role)
            .input(input)
            .dead_letter_config(dead_letters)
            .retry_policy(retry)
            .build()
            .map_err(|e| failed(e.into()))?;
        let window = FlexibleTimeWindow::builder()
            .mode(FlexibleTimeWindowMode::Off)
            .build()
            .map_err(|e| failed(e.into()))?;
        let request = self
            .client
            .create_schedule()
            .group_name(&self.place.group)
            .name(name)
            .schedule_expression(write_at(at))
            .flexible_time_window(window)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target);
        match request.send().await {
            Ok(_) => Ok(Set::New),
            Err(error)
                if error.as_service_error().is_some_and(CreateScheduleError::is_conflict_exception) =>
            {
                let found = self.find(name).await?;
                // The schedule existed a moment ago: a retry creates it.
                found.map(Set::Already).ok_or_else(|| failed(Box::new(error)))
            }
            Err(error) => Err(failed(Box::new(error))),
        }
    }

    /// The schedule with this name.
    pub async fn find(&self, name: &str) -> Result<Option<Scheduled>, ScheduleError> {
        let unavailable = |source| ScheduleError::Unavailable { name: name.to_owned(), source };
        let request = self.client.get_schedule().group_name(&self.place.group).name(name);
        match request.send().await {
            Ok(schedule) => {
                let ends_at = read_at(schedule.schedule_expression().unwrap_or_default());
                let ends_at = ends_at.map_err(|error| unavailable(error.into()))?;
                let input = schedule.target().and_then(Target::input).unwrap_or_default().to_owned();
                Ok(Some(Scheduled { ends_at, input }))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetScheduleError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(unavailable(Box::new(error))),
        }
    }

    /// Deletes a schedule before its time. Returns whether it existed.
    pub async fn cancel(&self, name: &str) -> Result<bool, ScheduleError> {
        let request = self.client.delete_schedule().group_name(&self.place.group).name(name);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteScheduleError::is_resource_not_found_exception) =>
            {
                Ok(false)
            }
            Err(source) => {
                Err(ScheduleError::Unavailable { name: name.to_owned(), source: Box::new(source) })
            }
        }
    }
}

/// A time in whole seconds of UTC. <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>
fn write_at(at: Timestamp) -> String {
    format!("at({})", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn read_at(expression: &str) -> Result<Timestamp, jiff::Error> {
    format!("{}Z", expression.trim_start_matches("at(").trim_end_matches(')')).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_schedule_is_read_as_it_was_written() {
        let at: Timestamp = "2026-05-04T10:00:07Z".parse().unwrap();
        assert_eq!(write_at(at), "at(2026-05-04T10:00:07)");
        assert_eq!(read_at(&write_at(at)).unwrap(), at);
        assert!(read_at("rate(1 minute)").is_err());
    }
}
