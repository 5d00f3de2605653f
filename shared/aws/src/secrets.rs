//! The operator's own secrets, in Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use secrecy::SecretString;

/// What Secrets Manager could not do.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The operator has not put it there.
    #[error("there is no secret `{0}` in Secrets Manager")]
    Missing(String),
    /// The call failed in passing, or is not allowed.
    #[error("Secrets Manager did not answer GetSecretValue of `{name}`")]
    Unavailable {
        /// The secret's name.
        name: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Secrets by name.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// With the SDK's configuration.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// A secret's text.
    pub async fn get(&self, name: &str) -> Result<SecretString, SecretsError> {
        let missing = || SecretsError::Missing(name.to_owned());
        match self.client.get_secret_value().secret_id(name).send().await {
            Ok(answer) => answer.secret_string.map(SecretString::from).ok_or_else(missing),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Err(missing())
            }
            Err(error) => Err(SecretsError::Unavailable { name: name.to_owned(), source: Box::new(error) }),
        }
    }
}
