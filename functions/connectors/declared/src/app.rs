//! The connector.

use std::sync::Arc;

use connector::call::{Access, Call, Connector, Grant, GrantedValues, Identity, unknown_list};
use connector::credentials::{Credentials, InvalidCredentials};
use connector::http::{AppHttp, HttpSettings, HttpSetupError, Origin};
use connector::preview;
use domain::app::App;
use domain::manifest::{Catalog, Credential, Method};
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use regex::Regex;
use secrecy::ExposeSecret;

use crate::definition::Definition;
use crate::run;
use crate::run::Names;

/// The key of an OAuth access token among the credentials.
const ACCESS_TOKEN: &str = "access_token";

/// The connector of one app, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Declared {
    pub(crate) app: App,
    pub(crate) definition: Arc<Definition>,
    pub(crate) http: AppHttp,
    /// The patterns of credentials, by key.
    patterns: Arc<Vec<(String, Regex)>>,
}

/// An app that cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum InvalidApp {
    /// The catalog does not have it.
    #[error("the catalog has no app `{0}`")]
    Unknown(App),
    /// Its definition is not valid.
    #[error("the definition of `{app}` is not valid: {error}")]
    Definition {
        /// The app.
        app: App,
        /// The reason.
        error: serde_json::Error,
    },
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

impl Declared {
    /// The connector of an app of the catalog.
    ///
    /// # Errors
    /// [`InvalidApp`]
    pub fn new(app: App, settings: &HttpSettings) -> Result<Self, InvalidApp> {
        let manifest = Catalog::get().manifest(app).ok_or(InvalidApp::Unknown(app))?;
        let definition =
            Definition::packed(manifest).map_err(|error| InvalidApp::Definition { app, error })?;
        Ok(Self::of(definition, settings)?)
    }

    /// The connector of a definition.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn of(definition: Definition, settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let app = definition.manifest.app;
        let credentials = definition.manifest.methods.iter().flat_map(|method| &method.credentials);
        let pattern = |credential: &Credential| {
            Some((credential.key.clone(), Regex::new(credential.pattern.as_deref()?).ok()?))
        };
        let patterns = Arc::new(credentials.filter_map(pattern).collect());
        Ok(Self { app, http: AppHttp::guarded(app, settings)?, definition: Arc::new(definition), patterns })
    }

    /// The method that an account is connected by: a login if there is a token, otherwise the first whose credentials
    /// are all present and match their patterns.
    pub(crate) fn method(&self, credentials: &Credentials) -> Result<&Method, Setback> {
        let has_token = credentials.get(ACCESS_TOKEN).is_ok();
        let methods = &self.definition.manifest.methods;
        let mut candidates = methods.iter().filter(|method| method.oauth.is_some() == has_token);
        let first = candidates.next().or(methods.first());
        let first =
            first.ok_or_else(|| Setback::reconnect("The app has no connection method.", "Connect again."))?;
        match self.missing(first, credentials) {
            None => Ok(first),
            Some(problem) => {
                candidates.find(|method| self.missing(method, credentials).is_none()).ok_or(problem)
            }
        }
    }

    /// The first problem with a method's credentials.
    fn missing(&self, method: &Method, credentials: &Credentials) -> Option<Setback> {
        method.credentials.iter().find_map(|credential| {
            let key = &credential.key;
            let value = match credentials.get(key) {
                Ok(value) => value.expose_secret().trim(),
                Err(InvalidCredentials::Missing { .. }) if credential.optional => return None,
                Err(error) => return Some(error.into()),
            };
            let pattern = self.patterns.iter().find(|(known, _)| known == key);
            let label = &self.definition.manifest.label;
            let is_stand_in = credential.secret && preview::is_running();
            pattern.is_some_and(|(_, pattern)| !is_stand_in && !pattern.is_match(value)).then(|| {
                Setback::reconnect(
                    format!("The stored credentials cannot be sent to {label}: `{key}` is not valid."),
                    "Connect the integration again; look for stray line breaks in what you paste.",
                )
            })
        })
    }

    /// The origin to call for an account.
    pub(crate) fn origin(&self, names: &Names) -> Result<Origin, Setback> {
        let rendered = self.definition.calls.origin.text(names).ok().flatten();
        let label = &self.definition.manifest.label;
        let refused = || {
            Setback::reconnect(
                format!("The address of the {label} account is not a public https address."),
                "Connect the integration again with the address that the app shows.",
            )
        };
        self.http.public_origin(&rendered.ok_or_else(refused)?).map_err(|_| refused())
    }
}

impl Connector for Declared {
    fn app(&self) -> App {
        self.app
    }

    async fn warm(&self) {
        let origin = self.definition.calls.origin.literal();
        if let Some(origin) = origin.and_then(|origin| self.http.public_origin(origin).ok()) {
            self.http.warm(&origin).await;
        }
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        run::perform(self, call).await
    }

    async fn is_as_set(&self, call: &Call<'_>) -> Result<Option<bool>, Setback> {
        run::is_as_set(self, call).await
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        Ok(Identity { account: run::identify(self, access).await? })
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        run::options(self, access, list).await?.ok_or_else(|| unknown_list(self.app, list))
    }

    async fn granted(&self, grant: &Grant<'_>) -> Result<GrantedValues, Setback> {
        Ok(run::granted(self, grant).await?.into_iter().collect())
    }
}
