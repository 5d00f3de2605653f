//! Signatures by a KMS key that never leaves KMS (`ECC_NIST_P256`, `SIGN_VERIFY`).

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use crate::clients::{OnUse, on_use};

/// The call of AWS KMS failed.
#[derive(Debug, thiserror::Error)]
#[error("KMS did not answer `{operation}`")]
pub struct SignerError {
    operation: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The key that signs portal tokens.
#[derive(Debug, Clone)]
pub struct Signer {
    client: OnUse<Client>,
    key: String,
}

impl Signer {
    /// `key`: the KMS key's id, ARN or alias.
    pub fn new(config: &aws_config::SdkConfig, key: String) -> Self {
        Self { client: on_use(config, Client::new), key }
    }

    /// An ECDSA signature over the message's SHA-256, in DER.
    pub async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let request = self
            .client
            .sign()
            .key_id(&self.key)
            .message(Blob::new(message))
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let answer = request.send().await.map_err(failed("Sign"))?;
        Ok(answer.signature.map(Blob::into_inner).unwrap_or_default())
    }

    /// The public key, as a DER `SubjectPublicKeyInfo`.
    pub async fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        let answer = self.client.get_public_key().key_id(&self.key).send().await;
        let answer = answer.map_err(failed("GetPublicKey"))?;
        Ok(answer.public_key.map(Blob::into_inner).unwrap_or_default())
    }
}

fn failed<E>(operation: &'static str) -> impl FnOnce(E) -> SignerError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| SignerError { operation, source: Box::new(source) }
}
