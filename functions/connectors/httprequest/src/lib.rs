//! The HTTP request connector: sends a request that the merchant composes to an API of the merchant's choice.
//!
//! The account has the address and the secret headers, and the rule has the rest, with the templates of
//! `functions/connectors/README.md`. Templates of a rule name the values of its event only, so no credential can be one.

pub mod account;
pub mod composed;
pub mod error;

use connector::call::{Access, Call, Connector, Identity};
use connector::http::{Guarded, HttpSettings, HttpSetupError, Method};
use domain::app::App;
use domain::outcome::{Outcome, Setback};

use crate::account::Account;
use crate::composed::{Body, Composed};

/// The connector, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    http: Guarded,
}

impl HttpRequest {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { http: Guarded::new(settings)? })
    }

    async fn perform(&self, call: &Call<'_>) -> Result<(), Setback> {
        let account = Account::read(call.credentials)?;
        let composed = Composed::of(call, &account)?;
        let id = call.job.id.to_string();
        self.send(&account, composed, &id, &call.access()).await
    }

    /// Sends a request; any response that is not a 2xx is an error. A 2xx is a success whatever its body, because the
    /// engine does not know the API. The same bytes are signed and sent.
    async fn send(
        &self,
        account: &Account,
        composed: Composed,
        id: &str,
        access: &Access<'_>,
    ) -> Result<(), Setback> {
        let to = self.http.address(composed.url.as_str()).map_err(|refused| refused.setback())?;
        let mut request = self.http.request(composed.method, &to);
        for (name, value) in composed.headers.into_iter().chain(account.headers.iter().cloned()) {
            request = request.header(name, value);
        }
        let Body { bytes, media } = composed.body.unwrap_or_default();
        if let Some(signer) = &account.signer {
            let seconds = access.now.as_second();
            request = request
                .header("webhook-signature", signer.sign(id, seconds, &bytes))
                .header("webhook-timestamp", seconds)
                .header("webhook-id", id);
        }
        if let Some(media) = media {
            request = request.header("content-type", media).body(bytes);
        }
        let answer = self.http.send(&to, request).await?;
        if answer.status.is_success() { Ok(()) } else { Err(error::setback(&answer, access.now)) }
    }
}

impl Connector for HttpRequest {
    fn app(&self) -> App {
        App::HTTP_REQUEST
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        match call.job.action.as_str() {
            "send_request" | "send_request_for_orders" => {
                self.perform(call).await.map_or_else(Outcome::from, |()| Outcome::DONE)
            }
            _ => call.unknown_action(),
        }
    }

    /// A GET request to the path that the merchant named for it. Without a path, only the credentials are read: no
    /// request is known that changes nothing.
    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let account = Account::read(access.credentials)?;
        self.http.address(account.url.as_str()).map_err(|refused| refused.setback())?;
        if let Some(path) = &account.test_path {
            let url = composed::literal(&account.url, path)?;
            let test = Composed { method: Method::GET, url, headers: Vec::new(), body: None };
            let id = format!("test_{}", access.now.as_millisecond());
            self.send(&account, test, &id, access).await?;
        }
        Ok(Identity::default())
    }
}
