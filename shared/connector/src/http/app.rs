//! The client for an app's own origin.

use domain::app::App;
use reqwest::{Method, RequestBuilder};
use url::Url;

use super::answer::{Answer, Beyond};
use super::error::{HttpError, HttpSetupError};
use super::origin::Origin;
use super::{HttpSettings, meter};

/// The most that is read of an app's answer. The longest expected are option lists: 1,000 entries a page.
const LIMIT: usize = 8 << 20;

/// Calls one app, at the vendor or in the sandbox. Cheap to clone; connections are shared.
#[derive(Debug, Clone)]
pub struct AppHttp {
    app: App,
    client: reqwest::Client,
    sandbox: Option<Url>,
}

impl AppHttp {
    /// Builds the client. Slow (root certificates are read): once, in INIT.
    ///
    /// # Errors
    /// [`HttpSetupError::Client`]: the machine has no root certificates, say.
    pub fn new(app: App, settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let client = settings.builder().build().map_err(HttpSetupError::Client)?;
        Ok(Self { app, client, sandbox: settings.sandbox.clone() })
    }

    /// Where to call: `vendor` (an https origin without a path), or the sandbox if there is one.
    ///
    /// # Errors
    /// [`HttpSetupError::InvalidOrigin`]: `vendor` is something else.
    pub fn origin(&self, vendor: &str) -> Result<Origin, HttpSetupError> {
        Origin::of(self.app, vendor, self.sandbox.as_ref())
    }

    /// Begins a request to an address made by [`Origin::url`].
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends the request and reads the whole answer, whatever its status.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, HttpError> {
        let who = self.app.label().to_owned();
        let sent = match request.build() {
            Ok(request) => {
                meter::count();
                self.client.execute(request).await
            }
            Err(error) => Err(error),
        };
        match sent {
            Ok(response) => Answer::read(who, response, LIMIT, Beyond::Refuse).await,
            Err(error) => Err(HttpError::of(who, error)),
        }
    }
}
