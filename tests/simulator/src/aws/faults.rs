//! The faults that AWS makes by chance.

use std::time::Duration;

/// How often each fault happens, and how long each delay is at most. A probability is between 0 and 1, for each call or
/// delivery; a delay is drawn evenly from zero to its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// The time of a request on its way, and again of its response.
    pub latency: Duration,
    /// Calls whose request takes up to `slow_latency`. If that is longer than the client waits, the call is performed
    /// after the client has given up.
    pub slow: f64,
    /// The limit of a slow request's way.
    pub slow_latency: Duration,
    /// Requests that are lost before the service performs them.
    pub lost_requests: f64,
    /// Responses that are lost after the service performed the call.
    pub lost_responses: f64,
    /// Calls that the service answers with its internal error, without performing them.
    pub server_errors: f64,
    /// Calls that the service throttles.
    pub throttles: f64,
    /// DynamoDB: eventually consistent reads that come from a replica that is behind.
    pub stale_reads: f64,
    /// DynamoDB: how far a replica is behind.
    pub staleness: Duration,
    /// DynamoDB: how far an index is behind its table.
    pub index_lag: Duration,
    /// DynamoDB: how long after its time an expired item is deleted.
    pub ttl_delay: Duration,
    /// DynamoDB: writes and transactions that conflict with a transaction of another client.
    pub conflicts: f64,
    /// DynamoDB: how long a transaction holds its items.
    pub transaction_time: Duration,
    /// SQS: messages that are delivered again while they are received or after they were deleted.
    pub duplicates: f64,
    /// SQS: messages that are delivered late, by up to `reordering`.
    pub late_messages: f64,
    /// SQS: how late a message is delivered.
    pub reordering: Duration,
    /// SQS: entries of a batch that are refused with an internal error.
    pub failed_entries: f64,
    /// EventBridge, asynchronous invocations: events that are delivered twice.
    pub repeated_events: f64,
    /// EventBridge: the time from PutEvents to the target.
    pub event_delay: Duration,
    /// Lambda: invocations whose sandbox is killed at some moment before they end.
    pub crashes: f64,
    /// Lambda: sandboxes that are not reused after an invocation.
    pub recycled: f64,
    /// Lambda: the time of a cold start.
    pub cold_start: Duration,
    /// Scheduler: how long after its time a schedule invokes its target. AWS promises a minute.
    pub schedule_delay: Duration,
}

impl Faults {
    /// Nothing fails and nothing takes time.
    pub const NONE: Self = Self {
        latency: Duration::ZERO,
        slow: 0.0,
        slow_latency: Duration::ZERO,
        lost_requests: 0.0,
        lost_responses: 0.0,
        server_errors: 0.0,
        throttles: 0.0,
        stale_reads: 0.0,
        staleness: Duration::ZERO,
        index_lag: Duration::ZERO,
        ttl_delay: Duration::ZERO,
        conflicts: 0.0,
        transaction_time: Duration::ZERO,
        duplicates: 0.0,
        late_messages: 0.0,
        reordering: Duration::ZERO,
        failed_entries: 0.0,
        repeated_events: 0.0,
        event_delay: Duration::ZERO,
        crashes: 0.0,
        recycled: 0.0,
        cold_start: Duration::ZERO,
        schedule_delay: Duration::ZERO,
    };

    /// AWS on a good day: delays of its usual length, and no errors.
    pub const CALM: Self = Self {
        latency: Duration::from_millis(5),
        staleness: Duration::from_millis(500),
        stale_reads: 0.05,
        index_lag: Duration::from_millis(500),
        ttl_delay: Duration::from_hours(48),
        transaction_time: Duration::from_millis(10),
        reordering: Duration::from_secs(1),
        late_messages: 0.05,
        event_delay: Duration::from_millis(500),
        recycled: 0.05,
        cold_start: Duration::from_millis(300),
        schedule_delay: Duration::from_mins(1),
        ..Self::NONE
    };

    /// AWS on the worst day that its documentation allows.
    pub const HARSH: Self = Self {
        slow: 0.01,
        slow_latency: Duration::from_secs(12),
        lost_requests: 0.01,
        lost_responses: 0.02,
        server_errors: 0.01,
        throttles: 0.02,
        stale_reads: 0.3,
        staleness: Duration::from_secs(2),
        index_lag: Duration::from_secs(5),
        conflicts: 0.02,
        transaction_time: Duration::from_millis(200),
        duplicates: 0.05,
        late_messages: 0.2,
        reordering: Duration::from_mins(2),
        failed_entries: 0.01,
        repeated_events: 0.05,
        event_delay: Duration::from_secs(30),
        crashes: 0.02,
        recycled: 0.2,
        cold_start: Duration::from_secs(1),
        ..Self::CALM
    };
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of AWS")]
pub enum Service {
    DynamoDb,
    Sqs,
    EventBridge,
    Lambda,
    Scheduler,
    Kms,
    SecretsManager,
}

/// A call of an SDK client.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service.
    pub service: Service,
    /// The operation, such as `PutItem`.
    pub operation: &'a str,
    /// The request's JSON.
    pub body: &'a [u8],
}

/// The fate of one call, instead of the fate that chance gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// The call is performed, and its response is lost.
    LoseResponse,
    /// The service refuses the call, as it does if a permission is missing. The SDK does not repeat it.
    Refuse,
}
