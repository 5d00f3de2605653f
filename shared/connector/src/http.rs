//! The only place that builds HTTP clients.
//!
//! There are two kinds, for two kinds of address:
//!
//! - [`AppHttp`] calls an app's own, fixed [`Origin`] (or the sandbox's stand-in for it);
//! - [`Guarded`] calls an address that a merchant entered, so it must not reach the operator's network.
//!
//! Both use rustls, follow no redirect, use no proxy from the environment, never retry and read a bounded part of the
//! response. Errors and logs contain the host only: the path and query of a merchant's address often hold a secret, and
//! reqwest's own errors would print them.

mod address;
mod answer;
mod app;
mod error;
mod guarded;
mod meter;
#[cfg(feature = "testing")]
pub mod network;
mod origin;
mod previewed;
mod reading;
mod retry_after;
mod verdict;

use std::time::Duration;

use aws::tls;
pub use reqwest::{Method, RequestBuilder, StatusCode, header};
pub use url::Url;

pub use self::address::is_public;
pub use self::answer::Answer;
pub use self::app::AppHttp;
pub use self::error::{AddressRefused, Cause, HttpError, HttpSetupError};
pub use self::guarded::{Guarded, GuardedUrl};
pub(crate) use self::meter::metered;
pub use self::origin::Origin;
pub(crate) use self::reading::read_only;
pub use self::retry_after::retry_after;

/// The settings of every client.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// How long a connection may take, TLS included. Default: 5 s.
    pub connect_timeout: Duration,
    /// How long a whole request may take, its answer's body included. Default: 20 s.
    pub request_timeout: Duration,
    /// The URL of the stand-in for every app, on local AWS; absent on AWS.
    pub sandbox: Option<Url>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
            sandbox: None,
        }
    }
}

impl HttpSettings {
    /// The defaults, with the configured address of the sandbox: an empty address means none.
    ///
    /// # Errors
    /// The address is not an `http` or `https` URL with a host.
    pub fn with_sandbox(address: &str) -> Result<Self, HttpSetupError> {
        if address.is_empty() {
            return Ok(Self::default());
        }
        let invalid = || HttpSetupError::InvalidSandbox { address: address.to_owned() };
        let url = Url::parse(address).map_err(|_| invalid())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid());
        }
        Ok(Self { sandbox: Some(url), ..Self::default() })
    }

    /// The settings that both kinds of client share.
    pub(crate) fn builder(&self) -> reqwest::ClientBuilder {
        #[expect(clippy::disallowed_methods, reason = "this is the kit's one place")]
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config())
            .user_agent(concat!("integration-engine/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .timeout(self.request_timeout)
            // Idle connections of a frozen Lambda function are closed by the time that it resumes.
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
    }
}

/// Sends a request.
async fn execute(client: &reqwest::Client, request: reqwest::Request) -> reqwest::Result<reqwest::Response> {
    #[cfg(feature = "testing")]
    if let Some(network) = network::current() {
        return network.answer(request).await;
    }
    client.execute(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_sandbox_address_means_none() {
        assert!(HttpSettings::with_sandbox("").unwrap().sandbox.is_none());
    }

    #[test]
    fn a_sandbox_address_that_is_no_url_is_named() {
        for address in ["localhost:4600", "ftp://sandbox", "/sandbox"] {
            let error = HttpSettings::with_sandbox(address).unwrap_err();
            assert!(error.to_string().contains(address), "{error}");
        }
    }
}
