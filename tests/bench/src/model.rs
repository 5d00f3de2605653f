//! An app's queue and its connector as a model, with and without SQS's fair queues: events in order, nothing random.
//!
//! Fair queues are modelled as AWS documents them:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html>.
//! Of the two measures that find a noisy tenant, it has the one by messages in flight, whose numbers are published. The
//! other, by processing time, could only find it sooner. All copies of the connector poll from the start; Lambda begins
//! with five and adds five a second.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

/// A tenant with fewer messages in flight is not noisy …
const NOISY_MESSAGES: usize = 30;
/// … nor is one with no more than this share of all that are.
const NOISY_PERCENT: usize = 10;

/// How many jobs can be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Copies of the connector.
    pub(crate) copies: usize,
    /// Jobs that each takes at once.
    pub(crate) batch: usize,
}

/// Which message SQS hands out next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The oldest, whoever's it is.
    Oldest,
    /// The oldest of a quiet tenant, where one waits.
    Fair,
}

/// One message; times are from the start of the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message {
    /// Its group.
    pub(crate) tenant: usize,
    /// When it is sent.
    pub(crate) sent: Duration,
    /// How long the connector takes for it.
    pub(crate) takes: Duration,
}

/// When each of the messages is received; they are given in the order in which they are sent. A batch is under way for as
/// long as its slowest message takes.
pub(crate) fn received(messages: &[Message], capacity: Capacity, order: Order) -> Vec<Duration> {
    let mut queue = Queue { order, waiting: BTreeMap::new(), in_flight: BTreeMap::new(), noisy: Vec::new() };
    let mut received = vec![Duration::ZERO; messages.len()];
    // Copies by the time at which they can receive, and what each has in flight until then.
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
            // It polls until something is sent, and when nothing more is, it is done.
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
    /// How many, by tenant.
    in_flight: BTreeMap<usize, usize>,
    noisy: Vec<usize>,
}

impl Queue {
    /// At most so many messages, each with its tenant.
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

    /// A tenant stays noisy until nothing of its waits any more.
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

    /// Whose message is next: of several noisy tenants, that of the one with the fewest in flight.
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

    /// One message of another tenant behind so many of a busy one, each of which takes a second.
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
        // 5,000 at 300 a second.
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
        // All but those that the other's message pushed out of its batch come when they came before.
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
