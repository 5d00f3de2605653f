//! The cost of events: what an event uses in the units that AWS bills, and its price.
//!
//! `make bench` counts the usage at the wire and compares it with [`Shape::usage`], which `engine cost` computes with.

pub mod month;
pub mod prices;

use self::prices::Price;

/// The share of provisioned capacity that traffic uses on average; autoscaling keeps the rest for bursts.
pub const PROVISIONED_USE: f64 = 0.5;
/// The largest batch that a connector receives.
pub const LARGEST_BATCH: f64 = 10.0;
/// Seconds and gigabytes of an invocation. The times are assumed: a trigger waits for the table and the queue, a
/// connector for the app.
const TRIGGER: [f64; 2] = [0.030, 0.25];
const CONNECTOR: [f64; 2] = [0.300, 0.125];
/// Bytes of the line of metrics that a connector writes for a batch, and for each further job in it.
const METRICS_LINE: [f64; 2] = [0.25, 0.006];
/// Bytes of an event's item: its keys, a fact's text when it is compressed, in part independent of its size, and the
/// verdict on a rule.
const EVENT: f64 = 270.0;
const FACT: [f64; 2] = [90.0, 0.095];
const VERDICT: f64 = 45.0;
/// Bytes of the other items of an action, with the 100 bytes that DynamoDB adds to each.
const ACTION: f64 = 340.0 + 740.0;
/// Bytes of an entry in the index.
const ENTRY: f64 = 250.0;
/// Days that an item is kept.
const KEPT: f64 = 35.0;

/// The usage of one event on average.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Events on the bus.
    pub bus_events: f64,
    /// Invocations of functions.
    pub invocations: f64,
    /// The time of the functions.
    pub gb_seconds: f64,
    /// Read request units of the table.
    pub read_units: f64,
    /// Write request units of the table and its indexes.
    pub write_units: f64,
    /// Requests to queues, those of Lambda's poller included.
    pub queue_requests: f64,
    /// Requests to KMS.
    pub key_requests: f64,
    /// One-time schedules.
    pub schedules: f64,
    /// Lines in CloudWatch Logs.
    pub log_kilobytes: f64,
    /// Items, for the months that they are kept.
    pub stored_kilobytes: f64,
    /// The same without indexes.
    pub backed_up_kilobytes: f64,
}

/// How the table is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// Each request.
    OnDemand,
    /// Capacity for each hour, used to [`PROVISIONED_USE`].
    Provisioned,
}

impl Usage {
    /// The lines of the bill: the price and the amount of an event.
    pub fn lines(&self, capacity: Capacity) -> Vec<(Price, f64)> {
        // A capacity unit serves a write a second, or two eventually consistent reads; a read unit is two of those.
        let hours = |units: f64| units / 3600.0 / PROVISIONED_USE;
        let [reads, writes] = match capacity {
            Capacity::OnDemand => {
                [(prices::READ_UNIT, self.read_units), (prices::WRITE_UNIT, self.write_units)]
            }
            Capacity::Provisioned => {
                [(prices::READ_HOUR, hours(self.read_units)), (prices::WRITE_HOUR, hours(self.write_units))]
            }
        };
        vec![
            (prices::BUS_EVENT, self.bus_events),
            (prices::INVOCATION, self.invocations),
            (prices::GB_SECOND, self.gb_seconds),
            reads,
            writes,
            (prices::QUEUE_REQUEST, self.queue_requests),
            (prices::FAIR_REQUEST, self.queue_requests),
            (prices::KEY_REQUEST, self.key_requests),
            (prices::SCHEDULE, self.schedules),
            (prices::LOG_KILOBYTE, self.log_kilobytes),
        ]
    }

    /// USD for a million events, without storage.
    pub fn per_million(&self, capacity: Capacity) -> f64 {
        self.lines(capacity).iter().map(|(price, amount)| price.per_million * amount).sum()
    }

    /// USD for a million events' storage, point-in-time recovery included.
    pub fn storage(&self) -> f64 {
        prices::STORED_KILOBYTE.per_million * self.stored_kilobytes
            + prices::BACKED_UP_KILOBYTE.per_million * self.backed_up_kilobytes
    }

    /// The same with another number of batches of connectors' jobs.
    #[must_use]
    pub fn in_batches(self, before: f64, after: f64) -> Self {
        let spared = before - after;
        let [seconds, gigabytes] = CONNECTOR;
        let [line, further] = METRICS_LINE;
        Self {
            invocations: self.invocations - spared,
            gb_seconds: self.gb_seconds - spared * seconds * gigabytes,
            queue_requests: self.queue_requests - 2.0 * spared,
            log_kilobytes: self.log_kilobytes - spared * (line - further),
            ..self
        }
    }
}

/// The kind of event whose usage is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Bytes of the fact's detail.
    pub size: f64,
    /// The triggers that the fact invokes.
    pub triggers: f64,
    /// Those that have a matching rule.
    pub matched: f64,
    /// The actions that the fact starts.
    pub actions: f64,
    /// The jobs in a batch of a connector.
    pub batch: f64,
}

impl Shape {
    /// An Order Completed of one line that starts `actions` actions.
    pub fn order(size: f64, actions: f64, batch: f64) -> Self {
        Self { size, triggers: 2.0, matched: actions.min(1.0), actions, batch }
    }

    /// The usage of an event.
    pub fn usage(&self) -> Usage {
        let Self { size, triggers, matched, actions, batch } = *self;
        let event = EVENT + FACT[0] + FACT[1] * size + VERDICT * actions;
        let [seconds, gigabytes] = TRIGGER;
        let kept = KEPT / 30.0 / 1000.0;
        let items = event + ACTION * actions;
        let once = Usage {
            bus_events: (size / 65_536.0).ceil().max(1.0),
            invocations: triggers + actions,
            gb_seconds: triggers * seconds * gigabytes + actions * CONNECTOR[0] * CONNECTOR[1],
            // Each trigger reads the global rules. The event is read by a trigger that has a rule, or otherwise by the
            // trigger that stores the fact. Rules that name products are not modelled: half a unit for each product.
            read_units: 0.5 * (triggers + matched.max(1.0)),
            // The event and its entry in the index; for an action the claim and the record.
            write_units: (event / 1024.0).ceil() + 1.0 + 2.0 * actions,
            // A batch of messages is sent, received and deleted.
            queue_requests: actions.min(1.0).max(actions / LARGEST_BATCH) + 2.0 * actions,
            log_kilobytes: METRICS_LINE[0] * actions,
            stored_kilobytes: (items + ENTRY) * kept,
            backed_up_kilobytes: items * kept,
            ..Usage::default()
        };
        once.in_batches(actions, actions / batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(amount: f64, expected: f64) -> bool {
        (amount - expected).abs() < 0.005
    }

    #[test]
    fn batches_of_ten_share_an_invocation_and_its_requests() {
        let [sparse, dense] = [1.0, LARGEST_BATCH].map(|batch| Shape::order(500.0, 1.0, batch).usage());
        assert!(near(sparse.invocations, 3.0) && near(dense.invocations, 2.1));
        assert!(near(sparse.queue_requests, 3.0) && near(dense.queue_requests, 1.2));
        assert!(near(sparse.write_units, dense.write_units), "each job has its own items");
    }

    #[test]
    fn a_fact_of_4_kb_costs_as_much_as_one_of_half_a_kb() {
        let usd = |size| Shape::order(size, 1.0, LARGEST_BATCH).usage().per_million(Capacity::OnDemand);
        assert!(near(usd(4096.0), usd(500.0)));
        assert!(usd(16_384.0) > usd(500.0));
    }

    #[test]
    fn provisioned_capacity_at_half_use_costs_less_than_requests() {
        let usage = Shape::order(500.0, 1.0, LARGEST_BATCH).usage();
        let [requests, hours] = [Capacity::OnDemand, Capacity::Provisioned].map(|of| usage.per_million(of));
        assert!(
            near(requests - hours, 4.0 * (0.625 - 0.361_11) + 1.5 * (0.125 - 0.072_22)),
            "{requests} {hours}"
        );
    }
}
