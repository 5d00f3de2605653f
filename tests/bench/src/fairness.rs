//! Two marketplaces, one with a backlog and a slow app: the time until the other's job starts, with and without fair
//! queues.
use std::time::Duration;

use stack::Engine;

use crate::backlog::{self, JOBS, Measured, SLOW};
use crate::capacity;
use crate::model::{self, Capacity, Message, Order};
use crate::table::Table;

const BUSY: usize = 0;
const OTHER: usize = 1;
/// The number of moments of the backlog at which the model evaluates the other's job.
const MOMENTS: u32 = 100;

/// The maximum ratio of the measured and the modelled time, in either direction; beyond it, the model is wrong.
const NEAR: f64 = 2.0;

/// The result.
pub(crate) struct Fairness {
    /// As text.
    pub(crate) report: String,
    /// Whether the model is close to the measurement.
    pub(crate) credible: bool,
}

/// Measures without fair queues, which local AWS does not have, and models both cases.
pub(crate) async fn run(engine: &Engine) -> Fairness {
    let capacity = capacity::of_template();
    let measured = backlog::run(engine).await;
    compare(capacity, &measured)
}

fn compare(capacity: Capacity, measured: &Measured) -> Fairness {
    let scene = Scene { capacity, sending: measured.sending, batch: measured.batch };
    let drained = scene.drained();
    let modelled = scene.waits(measured.sending, Order::Oldest);
    let off = measured.other.map(|other| other.as_secs_f64() / modelled.as_secs_f64());
    let credible = off.is_some_and(|off| off < NEAR && off > 1.0 / NEAR);
    let at_once = |order| seconds(scene.waits(measured.sending, order));
    let anywhere = |order| {
        let moment = |n: u32| measured.sending + drained.saturating_sub(measured.sending) * n / MOMENTS;
        let longest = (0..MOMENTS).map(|n| scene.waits(moment(n), order)).max();
        seconds(longest.unwrap_or_default())
    };
    let mut table = Table::new(["the other's job starts after", "oldest first", "fair"]);
    let other = measured.other.map_or_else(|| "not in 3 minutes".to_owned(), seconds);
    table.row(["local AWS, measured", &other, ""]);
    table.row(["the model, sent at the same moment", &at_once(Order::Oldest), &at_once(Order::Fair)]);
    table.row(["the model, sent at the worst moment", &anywhere(Order::Oldest), &anywhere(Order::Fair)]);
    let verdict = match off {
        Some(off) if credible => {
            format!("The measured time is {:.0} % of the\n  modelled time", off * 100.0)
        }
        Some(_) | None => "The model is FAR from the\n  measurement".to_owned(),
    };
    let report = format!(
        "6. Fairness\n   {JOBS} jobs of one marketplace, whose webhook takes {} s to answer, queued within {}; then one \
         of another's\n\n{}\n  {} copies of the connector with {} jobs each, as in the template. {} jobs had reached \
         the slow app when the\n  other's was sent. A batch took {} on average, and the model assumes the same. {verdict}. \
         Local AWS takes `MessageGroupId` and returns the oldest message first. SQS's fair queue is modelled as\n  AWS \
         documents it, and not measured.\n",
        SLOW.as_secs(),
        seconds(measured.sending),
        table.text(),
        capacity.copies,
        capacity.batch,
        measured.ahead,
        seconds(measured.batch),
    );
    Fairness { report, credible }
}

/// The backlog in the model.
struct Scene {
    capacity: Capacity,
    /// The time to queue it.
    sending: Duration,
    /// The time of a batch.
    batch: Duration,
}

impl Scene {
    /// The wait of the other's job if it is sent at that time.
    fn waits(&self, sent: Duration, order: Order) -> Duration {
        let mut messages = self.backlog();
        let place = messages.partition_point(|message| message.sent <= sent);
        // The other's app responds fast, but the other jobs in its batch do not.
        messages.insert(place, Message { tenant: OTHER, sent, takes: Duration::from_millis(50) });
        model::received(&messages, self.capacity, order)[place].saturating_sub(sent)
    }

    /// The time at which the last job of the backlog is received.
    fn drained(&self) -> Duration {
        let received = model::received(&self.backlog(), self.capacity, Order::Oldest);
        received.into_iter().max().unwrap_or_default().max(self.sending)
    }

    fn backlog(&self) -> Vec<Message> {
        let count = u32::try_from(JOBS).unwrap_or(u32::MAX);
        let one = |n| Message { tenant: BUSY, sent: self.sending * n / count, takes: self.batch };
        (0..count).map(one).collect()
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_waits_for_one_batch_where_the_queue_is_fair_and_for_all_where_it_is_not() {
        let capacity = Capacity { copies: 30, batch: 10 };
        let scene = Scene { capacity, sending: Duration::from_secs(8), batch: SLOW };
        let oldest = scene.waits(scene.sending, Order::Oldest);
        assert!(oldest > Duration::from_secs(70) && oldest < Duration::from_secs(90), "{oldest:?}");
        for moment in 8..60 {
            let fair = scene.waits(Duration::from_secs(moment), Order::Fair);
            assert!(fair <= SLOW, "{fair:?} at {moment} s");
        }
    }

    #[test]
    fn a_model_that_is_far_from_what_was_measured_is_not_believed() {
        let measured = Measured {
            sending: Duration::from_secs(8),
            ahead: 300,
            batch: SLOW,
            other: Some(Duration::from_secs(81)),
        };
        let capacity = Capacity { copies: 30, batch: 10 };
        let Fairness { report, credible } = compare(capacity, &measured);
        assert!(credible && report.contains("local AWS, measured") && report.contains("81.0 s"), "{report}");
        for other in [Some(Duration::from_secs(8)), Some(Duration::from_mins(5)), None] {
            let Fairness { report, credible } = compare(capacity, &Measured { other, ..measured });
            assert!(!credible && report.contains("FAR"), "{report}");
        }
    }
}
