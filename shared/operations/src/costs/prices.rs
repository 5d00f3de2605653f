//! AWS's list prices in USD: us-east-1, Lambda on arm64, without free tiers.

/// The day on which the pages were last compared with the table.
pub const AS_OF: &str = "2026-11-30";

/// One price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// The billed resource.
    pub of: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// USD for a million units.
    pub per_million: f64,
    /// AWS's page with the price.
    pub page: &'static str,
}

macro_rules! prices {
    ($($name:ident, $of:literal, $unit:literal, $per_million:literal, $page:literal;)*) => {
        $(
            #[doc = $of]
            pub const $name: Price = Price { of: $of, unit: $unit, per_million: $per_million, page: $page };
        )*
        /// All prices.
        pub const ALL: &[Price] = &[$($name),*];
    };
}

prices! {
    BUS_EVENT, "EventBridge", "events of 64 KB", 1.00, "https://aws.amazon.com/eventbridge/pricing/";
    INVOCATION, "Lambda, requests", "requests", 0.20, "https://aws.amazon.com/lambda/pricing/";
    GB_SECOND, "Lambda, time", "GB-seconds", 13.3334, "https://aws.amazon.com/lambda/pricing/";
    READ_UNIT, "DynamoDB, reads", "read units", 0.125, "https://aws.amazon.com/dynamodb/pricing/on-demand/";
    WRITE_UNIT, "DynamoDB, writes", "write units", 0.625, "https://aws.amazon.com/dynamodb/pricing/on-demand/";
    READ_HOUR, "DynamoDB, provisioned reads", "capacity units in use for an hour", 130.0, "https://aws.amazon.com/dynamodb/pricing/provisioned/";
    WRITE_HOUR, "DynamoDB, provisioned writes", "capacity units in use for an hour", 650.0, "https://aws.amazon.com/dynamodb/pricing/provisioned/";
    STORED_KILOBYTE, "DynamoDB, storage", "KB kept for a month", 0.25, "https://aws.amazon.com/dynamodb/pricing/on-demand/";
    BACKED_UP_KILOBYTE, "DynamoDB, point-in-time recovery", "KB kept for a month", 0.20, "https://aws.amazon.com/dynamodb/pricing/on-demand/";
    QUEUE_REQUEST, "SQS, requests", "requests of 64 KB", 0.40, "https://aws.amazon.com/sqs/pricing/";
    FAIR_REQUEST, "SQS, fair queues", "requests with a message group", 0.10, "https://aws.amazon.com/sqs/pricing/";
    KEY_REQUEST, "KMS, requests", "requests", 3.00, "https://aws.amazon.com/kms/pricing/";
    SCHEDULE, "Scheduler", "invocations", 1.00, "https://aws.amazon.com/eventbridge/pricing/";
    LOG_KILOBYTE, "CloudWatch Logs", "KB", 0.50, "https://aws.amazon.com/cloudwatch/pricing/";
    TRACE, "X-Ray", "traces", 5.00, "https://aws.amazon.com/xray/pricing/";
}

/// USD a month of a metric.
pub const METRIC: f64 = 0.30;
/// USD a month of a metric that an alarm watches.
pub const ALARM: f64 = 0.10;
/// USD a month of a dashboard.
pub const DASHBOARD: f64 = 3.00;
/// USD a month of a KMS key.
pub const KEY: f64 = 1.00;
/// USD a month of a secret.
pub const SECRET: f64 = 0.40;
