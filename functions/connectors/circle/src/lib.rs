//! The Circle connector.

use connector::call::{Access, Call, Connector, Identity};
use connector::http::{AppHttp, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::outcome::Outcome;

/// The connector. One a process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Circle {
    http: AppHttp,
}

impl Circle {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { http: AppHttp::new(Self::APP, settings)? })
    }
}

impl Connector for Circle {
    const APP: App = App::Circle;

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        let _ = &self.http;
        call.unknown_action()
    }

    async fn identify(&self, _access: &Access<'_>) -> Result<Identity, Outcome> {
        Ok(Identity::default())
    }
}
