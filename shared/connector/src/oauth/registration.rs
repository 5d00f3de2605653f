//! Our own registration with an app: the client id and secret that the operator received there, stored in Secrets
//! Manager.

use std::sync::Arc;
use std::time::Duration;

use aws::secrets::{Secrets, SecretsError};
use domain::app::App;
use domain::outcome::Reason;
use runtime::clock::Instant;
use runtime::logs::Causes;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

/// How long a cached registration is used, so that a rotated secret is found.
const FRESH: Duration = Duration::from_mins(5);

/// How long a missing or unreadable registration is cached: any caller can trigger a lookup.
const ABSENT: Duration = Duration::from_mins(1);

/// A client id and secret. Wiped from memory when dropped, and never shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The id; it is not secret.
    pub client_id: String,
    /// The secret.
    pub client_secret: SecretString,
}

/// The result of a lookup in Secrets Manager.
#[derive(Debug, Clone)]
enum Found {
    Registration(Arc<Registration>),
    Nothing,
    Malformed,
}

/// Why there is no registration.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The operator has to register with the app and to store the client id and secret.
    #[error("there is no secret `{name}`")]
    Missing {
        /// The secret's name.
        name: String,
    },
    /// The operator has to correct the stored secret. The error quotes no part of it.
    #[error("the secret `{name}` is not a JSON object of `client_id` and `client_secret`")]
    Malformed {
        /// The secret's name.
        name: String,
    },
    /// Retry later.
    #[error(transparent)]
    Unavailable(SecretsError),
}

impl RegistrationError {
    /// The reason for the merchant, who cannot correct this.
    pub(crate) fn reason(&self, app: App) -> Reason {
        match self {
            Self::Missing { .. } | Self::Malformed { .. } => {
                let hint = format!("The operator of this service has to register it with {}.", app.label());
                Reason::new(format!("Logging in with {} is not set up here.", app.label())).hint(hint)
            }
            Self::Unavailable(_) => Reason::new("The engine could not read its own registration."),
        }
    }
}

/// The registration with one app, read when it is first needed.
#[derive(Debug)]
pub struct Registrar {
    secrets: Secrets,
    name: String,
    read: Mutex<Option<(Instant, Found)>>,
}

impl Registrar {
    /// `prefix`: the beginning of the names of all apps' secrets; the app's key follows.
    pub fn new(secrets: Secrets, prefix: &str, app: App) -> Self {
        Self { secrets, name: format!("{prefix}/{app}"), read: Mutex::default() }
    }

    /// The registration.
    pub async fn registration(&self) -> Result<Arc<Registration>, RegistrationError> {
        let mut read = self.read.lock().await;
        if let Some((at, found)) = read.as_ref()
            && at.elapsed() < found.lasts()
        {
            return self.given(found.clone());
        }
        let found = self.fetch().await.map_err(RegistrationError::Unavailable);
        if let Ok(found) = &found {
            *read = Some((Instant::now(), found.clone()));
        }
        let given = found.and_then(|found| self.given(found));
        if let Err(error) = &given {
            tracing::error!(error = %Causes(error), "the registration with the app could not be read");
        }
        given
    }

    async fn fetch(&self) -> Result<Found, SecretsError> {
        use secrecy::ExposeSecret;
        let text = match self.secrets.get(&self.name).await {
            Ok(text) => text,
            Err(SecretsError::Missing(_)) => return Ok(Found::Nothing),
            Err(error @ SecretsError::Unavailable { .. }) => return Err(error),
        };
        // serde's message would quote a value.
        let read = serde_json::from_str(text.expose_secret());
        Ok(read.map_or(Found::Malformed, |registration| Found::Registration(Arc::new(registration))))
    }

    fn given(&self, found: Found) -> Result<Arc<Registration>, RegistrationError> {
        let name = || self.name.clone();
        match found {
            Found::Registration(registration) => Ok(registration),
            Found::Nothing => Err(RegistrationError::Missing { name: name() }),
            Found::Malformed => Err(RegistrationError::Malformed { name: name() }),
        }
    }
}

impl Found {
    /// How long the cached result is used.
    fn lasts(&self) -> Duration {
        match self {
            Self::Registration(_) => FRESH,
            Self::Nothing | Self::Malformed => ABSENT,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_config::retry::RetryConfig;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use serde_json::{Value, json};

    use super::*;

    /// Secrets Manager with one response; it counts its requests.
    #[derive(Debug, Clone)]
    struct Answering {
        asked: Arc<AtomicUsize>,
        status: u16,
        answer: Value,
    }

    impl HttpConnector for Answering {
        fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let (status, answer) = (self.status.try_into().unwrap(), self.answer.to_string());
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, answer.into())))
        }
    }

    /// How often Secrets Manager is called if the registration is needed three times, and the last result.
    async fn thrice(status: u16, answer: Value) -> (usize, Result<Arc<Registration>, RegistrationError>) {
        let asked = Arc::<AtomicUsize>::default();
        let connector = SharedHttpConnector::new(Answering { asked: Arc::clone(&asked), status, answer });
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "a", "b", None, None, "test",
            )))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let registrar = Registrar::new(Secrets::new(&sdk), "engine/oauth", App::KIT);
        let [first, second] = [registrar.registration().await, registrar.registration().await];
        let last = registrar.registration().await;
        assert_eq!([first.is_ok(), second.is_ok()], [last.is_ok(); 2]);
        (asked.load(Ordering::Relaxed), last)
    }

    #[tokio::test]
    async fn a_lookup_is_not_repeated_whether_it_found_a_secret_or_not() {
        let good = json!({ "SecretString": r#"{"client_id": "id", "client_secret": "s3cret"}"# });
        let (asked, found) = thrice(200, good).await;
        assert_eq!((asked, found.unwrap().client_id.as_str()), (1, "id"));
        let nothing = json!({ "__type": "ResourceNotFoundException", "Message": "no such secret" });
        let (asked, found) = thrice(400, nothing).await;
        assert!(asked == 1 && matches!(found, Err(RegistrationError::Missing { .. })), "{asked} {found:?}");
        let (asked, found) = thrice(200, json!({ "SecretString": "s3cret" })).await;
        assert!(asked == 1 && matches!(found, Err(RegistrationError::Malformed { .. })), "{asked} {found:?}");
        assert!(!found.unwrap_err().to_string().contains("s3cret"));
        // A temporary fault does not mean that the secret is missing.
        let fault = json!({ "__type": "InternalServiceError", "Message": "try again" });
        let (asked, found) = thrice(500, fault).await;
        assert!(asked == 3 && matches!(found, Err(RegistrationError::Unavailable(_))), "{asked} {found:?}");
    }
}
