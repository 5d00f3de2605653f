//! The retry schedule, and the place where a job waits for its next attempt.

use std::str::FromStr;
use std::time::Duration;

/// The waits after each failed attempt. When they are used up, the job is exhausted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

/// A schedule that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retry schedule `{0}` is not valid: give whole seconds separated by commas, such as `5,60,300`")]
pub struct InvalidSchedule(String);

impl Default for Schedule {
    /// About 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 10 h, then daily until 72 h have passed.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let waits = [5, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 24 * HOUR, 24 * HOUR];
        Self(waits.into_iter().map(Duration::from_secs).collect())
    }
}

impl FromStr for Schedule {
    type Err = InvalidSchedule;
    fn from_str(text: &str) -> Result<Self, InvalidSchedule> {
        let waits: Result<Vec<_>, _> =
            text.split(',').map(|wait| wait.trim().parse().map(Duration::from_secs)).collect();
        waits.map(Self).map_err(|_| InvalidSchedule(text.to_owned()))
    }
}

impl Schedule {
    /// The sum of all its waits.
    pub fn length(&self) -> Duration {
        self.0.iter().sum()
    }

    /// The wait after failed attempt number `attempt` (from 1), spread by ±20 % with `jitter` in 0..1, so that jobs
    /// that failed together are not retried together. `None`: the job is exhausted.
    pub fn wait(&self, attempt: u32, jitter: f64) -> Option<Duration> {
        let index = usize::try_from(attempt.saturating_sub(1)).ok()?;
        self.0.get(index).map(|wait| wait.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0)))
    }
}

/// The place where a job waits for its next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsIn {
    /// In its queue, invisible for this time.
    Queue(Duration),
    /// In the table, until the sweeper sends it to the queue.
    Table,
}

/// The longest wait in the queue. The sweeper runs about once a minute, so longer waits in the table lose little time.
const LONGEST_QUEUE_WAIT: Duration = Duration::from_secs(90);
/// A message that was received this often waits in the table, so that waiting never leads to the dead-letter queue.
const MOST_RECEIVES: u32 = 3;

/// Chooses the place where a job waits. Pure, so the result does not depend on I/O.
pub fn place(wait: Duration, receives: u32) -> WaitsIn {
    if wait <= LONGEST_QUEUE_WAIT && receives < MOST_RECEIVES { WaitsIn::Queue(wait) } else { WaitsIn::Table }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_schedule_keeps_trying_for_three_days_and_then_ends() {
        let schedule = Schedule::default();
        let total: Duration = (1..).map_while(|attempt| schedule.wait(attempt, 0.5)).sum();
        assert!(total > Duration::from_hours(65) && total < Duration::from_hours(72), "{total:?}");
    }

    #[test]
    fn the_schedule_is_the_one_that_was_promised() {
        let schedule = Schedule::default();
        let even: Vec<_> = (1..).map_while(|attempt| schedule.wait(attempt, 0.5)).collect();
        let (second, minute, hour) = (Duration::from_secs, Duration::from_mins, Duration::from_hours);
        let promised =
            [second(5), minute(1), minute(5), minute(30), hour(2), hour(5), hour(10), hour(24), hour(24)];
        assert_eq!(even, promised);
        assert_eq!(schedule.wait(u32::MAX, 0.5), None);
    }

    #[test]
    fn a_schedule_that_cannot_be_read_is_named_with_the_way_out() {
        for wrong in ["", "5,", "5;60", "-5", "1.5", "5s"] {
            let error = wrong.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{wrong}`")) && error.contains("such as `5,60,300`"), "{error}");
        }
    }

    #[test]
    fn a_schedule_reads_from_seconds_and_refuses_words() {
        let schedule: Schedule = "1, 2".parse().unwrap();
        assert_eq!(schedule.wait(2, 0.5), Some(Duration::from_secs(2)));
        assert_eq!(schedule.wait(3, 0.5), None);
        assert!("soon".parse::<Schedule>().unwrap_err().to_string().contains("`soon`"));
    }

    #[test]
    fn long_waits_and_often_received_messages_wait_in_the_table() {
        let second = Duration::from_secs;
        for receives in [0, 1, 2] {
            for wait in [second(0), second(5), second(90)] {
                assert_eq!(place(wait, receives), WaitsIn::Queue(wait), "{wait:?} {receives}");
            }
            for wait in [second(91), Duration::from_mins(5), Duration::MAX] {
                assert_eq!(place(wait, receives), WaitsIn::Table, "{wait:?} {receives}");
            }
        }
        // Fewer receives than the queue allows: a job that only waits never reaches the dead-letter queue.
        for receives in [3, 4, u32::MAX] {
            assert_eq!(place(second(0), receives), WaitsIn::Table, "{receives}");
        }
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_fifth(attempt in 1u32..10, jitter in 0.0..1.0f64) {
            let schedule = Schedule::default();
            let even = schedule.wait(attempt, 0.5).unwrap().as_secs_f64();
            let spread = schedule.wait(attempt, jitter).unwrap().as_secs_f64();
            prop_assert!((spread / even - 1.0).abs() <= 0.2 + 1e-9);
        }
    }
}
