//! A model of an app's queue and its connector, with and without SQS's fair queues: events in order, nothing random.
//!
//! Fair queues are modelled as AWS documents them:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html>.
//! AWS detects a noisy tenant by two measures. The model implements the number of messages in flight, whose thresholds
//! are published. The other measure, processing time, could only detect it sooner. In the model all instances of the
//! connector poll from the start; Lambda begins with five and adds five per second.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

/// A tenant with fewer messages in flight is not noisy …
const NOISY_MESSAGES: usize = 30;
/// … nor is a tenant with at most this share of all messages in flight.
const NOISY_PERCENT: usize = 10;

/// The number of jobs that can be in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Instances of the connector.
    pub(crate) copies: usize,
    /// Jobs in a batch.
    pub(crate) batch: usize,
}

/// The order in which SQS returns messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The oldest message of any tenant.
    Oldest,
    /// The oldest message of a quiet tenant, if one is waiting.
    Fair,
}

/// A message; times are from the start of the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message {
    /// Its message group.
    pub(crate) tenant: usize,
    /// The time of sending.
    pub(crate) sent: Duration,
    /// The time that the connector takes for it.
    pub(crate) takes: Duration,
}

/// The time at which each message is received; messages are given in the order of sending. A batch is in progress as
/// long as its slowest message takes.
pub(crate) fn received(messages: &[Message], capacity: Capacity, order: Order) -> Vec<Duration> {
    let mut queue = Queue { order, waiting: BTreeMap::new(), in_flight: BTreeMap::new(), noisy: Vec::new() };
    let mut received = vec![Duration::ZERO; messages.len()];
    // Instances by the time at which they can receive, with their messages in flight until then.
    let mut copies: BinaryHeap<_> =
        (0..capacity.copies).map(|copy| Reverse((Duration::ZERO, copy))).collect();
    let mut batches = vec![Vec::new(); capacity.copies];
    let mut sent = 0;
    while let Some(Reverse((now, copy))) = copies.pop() {
        queue.deleted(&std::mem::take(&mut batches[copy]));
        while let Some(message) = messages.get(sent).filter(|message| message.sent <= now) {
            queue.waiting.entry(message.tenant).or_default().push_back(sent);
            sent += 1;
        }
        let batch = queue.receive(capacity.batch);
        if batch.is_empty() {
            // It polls until the next message is sent, and stops after the last.
            copies.extend(messages.get(sent).map(|message| Reverse((message.sent, copy))));
            continue;
        }
        let takes = batch.iter().map(|(_, message)| messages[*message].takes).max().unwrap_or_default();
        for (tenant, message) in batch {
            received[message] = now;
            batches[copy].push(tenant);
        }
        copies.push(Reverse((now + takes, copy)));
    }
    received
}

struct Queue {
    order: Order,
    /// By tenant, oldest first.
    waiting: BTreeMap<usize, VecDeque<usize>>,
    /// The number in flight, by tenant.
    in_flight: BTreeMap<usize, usize>,
    noisy: Vec<usize>,
}

impl Queue {
    /// At most `most` messages, each with its tenant.
    fn receive(&mut self, most: usize) -> Vec<(usize, usize)> {
        self.detect();
        let mut batch = Vec::new();
        while batch.len() < most
            && let Some(tenant) = self.next()
            && let Some(message) = self.waiting.get_mut(&tenant).and_then(VecDeque::pop_front)
        {
            *self.in_flight.entry(tenant).or_default() += 1;
            batch.push((tenant, message));
        }
        batch
    }

    fn deleted(&mut self, tenants: &[usize]) {
        for tenant in tenants {
            if let Some(count) = self.in_flight.get_mut(tenant) {
                *count -= 1;
            }
        }
    }

    /// A tenant remains noisy until none of its messages is waiting.
    fn detect(&mut self) {
        let all: usize = self.in_flight.values().sum();
        for (tenant, waiting) in &self.waiting {
            let own = self.in_flight.get(tenant).copied().unwrap_or_default();
            let loud = own >= NOISY_MESSAGES && own * 100 > all * NOISY_PERCENT;
            let known = self.noisy.contains(tenant);
            if waiting.is_empty() {
                self.noisy.retain(|other| other != tenant);
            } else if loud && !known {
                self.noisy.push(*tenant);
            }
        }
    }

    /// The tenant of the next message: of several noisy tenants, the one with the fewest messages in flight.
    fn next(&self) -> Option<usize> {
        let heads = self.waiting.iter().filter_map(|(tenant, waiting)| Some((*tenant, *waiting.front()?)));
        let rank = |(tenant, oldest): &(usize, usize)| {
            let last = match self.order {
                Order::Oldest => false,
                Order::Fair => self.noisy.contains(tenant),
            };
            let load = if last { self.in_flight.get(tenant).copied() } else { None };
            (last, load, *oldest)
        };
        heads.min_by_key(rank).map(|(tenant, _)| tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TEMPLATE: Capacity = Capacity { copies: 30, batch: 10 };

    /// One message of another tenant behind `backlog` messages of a busy tenant, each of which takes a second.
    fn behind(backlog: usize) -> Vec<Message> {
        let one = |tenant, sent| Message { tenant, sent, takes: SECOND };
        let mut messages = vec![one(0, Duration::ZERO); backlog];
        messages.push(one(1, Duration::from_millis(100)));
        messages
    }

    fn last(messages: &[Message], capacity: Capacity, order: Order) -> Duration {
        *received(messages, capacity, order).last().unwrap()
    }

    #[test]
    fn without_fairness_the_other_waits_for_the_whole_backlog() {
        // 5,000 at 300 per second.
        assert_eq!(last(&behind(5_000), TEMPLATE, Order::Oldest), 16 * SECOND);
    }

    #[test]
    fn with_fairness_it_waits_for_a_copy_to_be_free() {
        assert_eq!(last(&behind(5_000), TEMPLATE, Order::Fair), SECOND);
    }

    #[test]
    fn where_fewer_than_thirty_can_be_in_flight_nobody_is_noisy_by_their_number() {
        let messages = behind(1_000);
        let two = Capacity { copies: 2, batch: 10 };
        assert_eq!(last(&messages, two, Order::Fair), last(&messages, two, Order::Oldest));
        let four = Capacity { copies: 4, batch: 10 };
        assert!(last(&messages, four, Order::Fair) < last(&messages, four, Order::Oldest));
    }

    #[test]
    fn a_noisy_tenant_goes_on_where_nobody_else_waits_and_loses_nothing() {
        let fair = received(&behind(5_000), TEMPLATE, Order::Fair);
        // Except for messages that the other's message displaced from its batch, all arrive at the same time as before.
        let oldest = received(&behind(5_000), TEMPLATE, Order::Oldest);
        assert_eq!(fair.iter().max(), oldest.iter().max());
        assert!(fair[..300].iter().all(Duration::is_zero));
    }

    #[test]
    fn of_two_noisy_tenants_the_one_with_fewer_in_flight_is_next() {
        let many = |tenant: usize| std::iter::repeat_n(tenant, 1_000);
        let messages: Vec<_> = many(0)
            .chain(many(1))
            .map(|tenant| Message { tenant, sent: Duration::ZERO, takes: SECOND })
            .collect();
        let received = received(&messages, TEMPLATE, Order::Fair);
        let first = received.iter().enumerate().filter(|(_, at)| at.is_zero());
        let (older, newer): (Vec<_>, Vec<_>) = first.partition(|(message, _)| *message < 1_000);
        assert_eq!((older.len(), newer.len()), (150, 150));
    }
}
