//! The client for an app's own origin.

use std::time::Duration;

use domain::app::App;
use reqwest::{Method, RequestBuilder};
use url::Url;

use super::answer::{Answer, Beyond};
use super::error::{HttpError, HttpSetupError};
use super::origin::Origin;
use super::{HttpSettings, execute, guarded, meter, previewed, reading};
use crate::watch;

/// The most bytes that are read of an app's response. The longest expected are option lists: 1,000 entries a page.
const LIMIT: usize = 8 << 20;
/// How long a function's start waits for an app.
const WARM: Duration = Duration::from_secs(1);

/// Calls one app, at the vendor or in the sandbox. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct AppHttp {
    app: App,
    client: reqwest::Client,
    sandbox: Option<Url>,
}

impl AppHttp {
    /// Builds the client. This is slow, because root certificates are read: once, in INIT.
    ///
    /// # Errors
    /// [`HttpSetupError::Client`]: for example, the machine has no root certificates.
    pub fn new(app: App, settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let client = settings.builder().build().map_err(HttpSetupError::Client)?;
        Ok(Self { app, client, sandbox: settings.sandbox.clone() })
    }

    /// The same for an app whose origin comes from an account or from an operator's definition: unless a sandbox is
    /// configured, only public https addresses are called.
    ///
    /// # Errors
    /// As for [`AppHttp::new`].
    pub fn guarded(app: App, settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let builder = match settings.sandbox {
            Some(_) => settings.builder(),
            None => guarded::only_public(settings.builder()),
        };
        let client = builder.build().map_err(HttpSetupError::Client)?;
        Ok(Self { app, client, sandbox: settings.sandbox.clone() })
    }

    /// The origin of an account, for a client that [`AppHttp::guarded`] built.
    ///
    /// # Errors
    /// [`HttpSetupError::InvalidOrigin`]: `vendor` is not an https origin, or is the number of a private address.
    pub fn public_origin(&self, vendor: &str) -> Result<Origin, HttpSetupError> {
        // Checked also if a sandbox is called instead.
        let url = Origin::of(self.app, vendor, None)?.url;
        if guarded::is_public_host(&url) {
            self.origin(vendor)
        } else {
            Err(HttpSetupError::InvalidOrigin { app: self.app, origin: vendor.to_owned() })
        }
    }

    /// An address that an answer names, such as a list's next page: `None` unless it is at the app's own origin. In the
    /// sandbox, the stand-in's address for it, so that examples have the vendor's addresses.
    pub fn page(&self, origin: &Origin, address: &str) -> Option<Url> {
        origin.page(address)
    }

    /// The origin to call: `vendor` (an https origin without a path), or the sandbox if one is configured.
    ///
    /// # Errors
    /// [`HttpSetupError::InvalidOrigin`]: `vendor` is not an https origin.
    pub fn origin(&self, vendor: &str) -> Result<Origin, HttpSetupError> {
        Origin::of(self.app, vendor, self.sandbox.as_ref())
    }

    /// Opens a connection to an app's origin with a request that changes nothing. It takes at most a second, and its
    /// answer does not matter: the first call opens the connection if this one could not.
    pub async fn warm(&self, origin: &Origin) {
        let Ok(request) = self.client.head(origin.url.clone()).timeout(WARM).build() else { return };
        drop(execute(&self.client, request).await);
    }

    /// Begins a request to an address that [`Origin::url`] returned.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends the request and reads the whole response, for every status.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, HttpError> {
        let who = self.app.label().to_owned();
        let sent = match request.build() {
            Ok(request) => {
                if let Some(answer) = previewed::answer(&who, &request) {
                    return answer;
                }
                reading::check(&who, &request)?;
                meter::count();
                watch::sent(&request);
                execute(&self.client, request).await
            }
            Err(error) => Err(error),
        };
        match sent {
            Ok(response) => Answer::read(who, response, LIMIT, Beyond::Refuse).await.inspect(watch::answered),
            Err(error) => Err(HttpError::of(who, error)),
        }
    }
}
