//! Credentials, encrypted with AWS KMS under their app, marketplace and integration.

use std::time::Duration;

use crate::clients::{OnUse, on_use};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Ciphertext;
use secrecy::{ExposeSecret, SecretString};

/// The time limit of AWS KMS for a call with all its retries: a job waits for it while the function's time runs.
const ANSWER: Duration = Duration::from_secs(3);
/// A response takes milliseconds; a request that takes longer than this is repeated.
const ATTEMPT: Duration = Duration::from_millis(1_500);

/// The errors of AWS KMS.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The credentials cannot be decrypted: they were encrypted for another integration, or with another key.
    #[error("the credentials cannot be decrypted: connect the integration again")]
    Unreadable,
    /// The credentials are larger than AWS KMS encrypts directly.
    #[error("the credentials are {0} bytes long; the limit is 4,096 bytes")]
    TooLarge(usize),
    /// The call failed temporarily.
    #[error("KMS did not answer `{operation}`")]
    Unavailable {
        /// The operation that was called.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The key that encrypts credentials.
#[derive(Debug, Clone)]
pub struct Vault {
    client: OnUse<Client>,
    key: String,
}

impl Vault {
    /// `key`: the KMS key's id, ARN or alias.
    pub fn new(config: &aws_config::SdkConfig, key: String) -> Self {
        let client = on_use(config, |config| {
            let timeouts =
                TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(ANSWER);
            let own = aws_sdk_kms::config::Builder::from(config).timeout_config(timeouts.build());
            Client::from_conf(own.build())
        });
        Self { client, key }
    }

    /// Opens the connection to AWS KMS with a call that changes nothing, before the first credentials are decrypted.
    pub async fn warm(&self) {
        // KMS refuses a text that it has not encrypted.
        drop(self.client.decrypt().key_id(&self.key).ciphertext_blob(Blob::new("warm")).send().await);
    }

    /// Encrypts credentials. They can be decrypted only for the same app, marketplace and integration; IAM lets a
    /// connector decrypt the credentials of its own app only.
    pub async fn encrypt(
        &self,
        app: App,
        m: &MarketplaceId,
        integration: &IntegrationId,
        plain: &SecretString,
    ) -> Result<Ciphertext, VaultError> {
        let plain = plain.expose_secret();
        if plain.len() > 4096 {
            return Err(VaultError::TooLarge(plain.len()));
        }
        let request = self
            .client
            .encrypt()
            .key_id(&self.key)
            .encryption_context("app", app.key())
            .encryption_context("marketplace", m.as_str())
            .encryption_context("integration", integration.as_str())
            .plaintext(Blob::new(plain.as_bytes()));
        let answer = request
            .send()
            .await
            .map_err(|source| VaultError::Unavailable { operation: "Encrypt", source: Box::new(source) })?;
        let sealed = answer.ciphertext_blob.ok_or(VaultError::Unreadable)?;
        Ok(Ciphertext(BASE64_STANDARD.encode(sealed)))
    }

    /// Decrypts credentials.
    pub async fn decrypt(
        &self,
        app: App,
        m: &MarketplaceId,
        integration: &IntegrationId,
        sealed: &Ciphertext,
    ) -> Result<SecretString, VaultError> {
        let sealed = BASE64_STANDARD.decode(&sealed.0).map_err(|_| VaultError::Unreadable)?;
        let request = self
            .client
            .decrypt()
            .key_id(&self.key)
            .encryption_context("app", app.key())
            .encryption_context("marketplace", m.as_str())
            .encryption_context("integration", integration.as_str())
            .ciphertext_blob(Blob::new(sealed));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let refused = error.as_service_error().is_some_and(|error| {
                    error.is_invalid_ciphertext_exception() || error.is_incorrect_key_exception()
                });
                return Err(if refused {
                    VaultError::Unreadable
                } else {
                    VaultError::Unavailable { operation: "Decrypt", source: Box::new(error) }
                });
            }
        };
        let plain = answer.plaintext.ok_or(VaultError::Unreadable)?;
        String::from_utf8(plain.into_inner()).map(SecretString::from).map_err(|_| VaultError::Unreadable)
    }
}
