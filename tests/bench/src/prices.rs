//! AWS's list prices without the free tier, in USD.

/// The source of the prices.
pub(crate) const READ: &str =
    "list prices of us-east-1 as we know them, no free tier, Lambda on arm64; check the pages";

/// One price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Price {
    /// The billed resource.
    pub(crate) of: &'static str,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// USD for a million units.
    pub(crate) per_million: f64,
    /// AWS's page with the price.
    pub(crate) page: &'static str,
}

pub(crate) const WRITE_UNIT: Price = Price {
    of: "DynamoDB writes",
    unit: "write units",
    per_million: 0.625,
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
};
pub(crate) const READ_UNIT: Price = Price {
    of: "DynamoDB reads",
    unit: "read units",
    per_million: 0.125,
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
};
pub(crate) const SQS_REQUEST: Price =
    Price { of: "SQS", unit: "requests", per_million: 0.40, page: "https://aws.amazon.com/sqs/pricing/" };
pub(crate) const INVOCATION: Price = Price {
    of: "Lambda invocations",
    unit: "requests",
    per_million: 0.20,
    page: "https://aws.amazon.com/lambda/pricing/",
};
pub(crate) const GB_SECOND: Price = Price {
    of: "Lambda time",
    unit: "GB-seconds",
    per_million: 13.3334,
    page: "https://aws.amazon.com/lambda/pricing/",
};
pub(crate) const KMS_REQUEST: Price =
    Price { of: "KMS", unit: "requests", per_million: 3.00, page: "https://aws.amazon.com/kms/pricing/" };
pub(crate) const BUS_EVENT: Price = Price {
    of: "EventBridge",
    unit: "events",
    per_million: 1.00,
    page: "https://aws.amazon.com/eventbridge/pricing/",
};
pub(crate) const LOG_KILOBYTE: Price = Price {
    of: "CloudWatch Logs",
    unit: "KB",
    per_million: 0.50,
    page: "https://aws.amazon.com/cloudwatch/pricing/",
};
pub(crate) const TRACE: Price =
    Price { of: "X-Ray", unit: "traces", per_million: 5.00, page: "https://aws.amazon.com/xray/pricing/" };

/// All prices.
pub(crate) const ALL: [Price; 9] =
    [WRITE_UNIT, READ_UNIT, SQS_REQUEST, INVOCATION, GB_SECOND, KMS_REQUEST, BUS_EVENT, LOG_KILOBYTE, TRACE];
