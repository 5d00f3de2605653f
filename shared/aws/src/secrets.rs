//! The operator's own secrets, in Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use secrecy::SecretString;

use crate::clients::{OnUse, on_use};

/// The errors of Secrets Manager.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The operator has not stored the secret, or the caller may not read it: for a name without a secret, IAM denies
    /// access, because a secret's ARN ends in six random characters.
    #[error(
        "the secret `{0}` does not exist in Secrets Manager, or secretsmanager:GetSecretValue is not allowed on it"
    )]
    Missing(String),
    /// The call failed temporarily.
    #[error("Secrets Manager did not answer GetSecretValue of `{name}`")]
    Unavailable {
        /// The secret's name.
        name: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Secrets by name.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: OnUse<Client>,
}

impl Secrets {
    /// Builds the client with the SDK's configuration.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { client: on_use(config, Client::new) }
    }

    /// The text of a secret.
    pub async fn get(&self, name: &str) -> Result<SecretString, SecretsError> {
        let missing = || SecretsError::Missing(name.to_owned());
        match self.client.get_secret_value().secret_id(name).send().await {
            Ok(answer) => answer.secret_string.map(SecretString::from).ok_or_else(missing),
            Err(error) if error.as_service_error().is_some_and(is_missing) => Err(missing()),
            Err(error) => Err(SecretsError::Unavailable { name: name.to_owned(), source: Box::new(error) }),
        }
    }
}

fn is_missing(error: &GetSecretValueError) -> bool {
    error.is_resource_not_found_exception() || error.code() == Some("AccessDeniedException")
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::error::ErrorMetadata;
    use aws_sdk_secretsmanager::types::error::ResourceNotFoundException;

    use super::*;

    #[test]
    fn a_secret_that_iam_denies_is_missing_and_one_that_fails_is_not() {
        let coded = |code| GetSecretValueError::generic(ErrorMetadata::builder().code(code).build());
        let gone = ResourceNotFoundException::builder().build();
        assert!(is_missing(&GetSecretValueError::ResourceNotFoundException(gone)));
        assert!(is_missing(&coded("AccessDeniedException")));
        assert!(!is_missing(&coded("ThrottlingException")));
    }
}
