//! SDK configuration: TLS, retries, region and endpoint.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The HTTP client of every SDK client.
pub fn http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// How often an SDK client tries a call.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

/// How long an SDK client waits for a connection, and for the response to one try.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(8))
        .build()
}

/// Reads region, endpoint and credentials from the environment, as every AWS SDK does.
pub async fn load() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http())
        .retry_config(retries())
        .timeout_config(timeouts())
        // An attempt has a timeout, so a response that stalls needs no timer of its own.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await
}
