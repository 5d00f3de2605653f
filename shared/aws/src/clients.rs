//! SDK configuration: retries, timeouts, and what a function's environment gives.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;

use crate::http;

/// A client that is built at its first use: that takes about as long as a call, and most invocations use few of a function's
/// clients. Clones share it.
pub(crate) type OnUse<C> = Arc<LazyLock<C, Box<dyn FnOnce() -> C + Send>>>;

/// A client that `build` builds at its first use.
pub(crate) fn on_use<C: 'static>(config: &SdkConfig, build: fn(&SdkConfig) -> C) -> OnUse<C> {
    let config = config.clone();
    Arc::new(LazyLock::new(Box::new(move || build(&config))))
}

/// How often an SDK client tries a call.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

/// How long an SDK client waits for the response to one try.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(8)).build()
}

/// The configuration of a function: the region, the endpoint of all services unless it is AWS's own, and the credentials
/// of its role. They are all that Lambda gives a function, so nothing looks for profiles, other providers or the
/// metadata of a machine.
pub fn of_function(region: String, endpoint: Option<String>, credentials: Credentials) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // The credentials are those of the process, and do not expire before it.
        .identity_cache(IdentityCache::no_cache())
        .sleep_impl(TokioSleep::new())
        .http_client(http::client())
        .retry_config(retries())
        .timeout_config(timeouts())
        // An attempt has a timeout, so a response that stalls needs no timer of its own.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(endpoint);
    config.build()
}
