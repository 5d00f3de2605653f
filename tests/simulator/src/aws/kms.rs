//! KMS: encryption under a context. The cipher is a stand-in: it hides the text from a reader of the table, no more.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/>

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::answer::Answer;

/// The most bytes that KMS encrypts directly.
const LARGEST: usize = 4096;
/// Marks a text that this KMS encrypted.
const MARK: &[u8; 4] = b"KMS1";

/// All keys, by ARN.
#[derive(Debug, Default)]
pub(super) struct Kms {
    keys: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Encrypt {
    key_id: String,
    plaintext: String,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Decrypt {
    key_id: Option<String>,
    ciphertext_blob: String,
    #[serde(default)]
    encryption_context: BTreeMap<String, String>,
}

impl Kms {
    pub(super) fn create(&mut self, arn: &str) {
        self.keys.insert(arn.to_owned());
    }

    /// Performs a call; `None` if the operation is not implemented.
    pub(super) fn call(&self, operation: &str, body: &[u8]) -> Option<Answer> {
        let done = match operation {
            "Encrypt" => self.encrypt(body),
            "Decrypt" => self.decrypt(body),
            _ => return None,
        };
        Some(done.unwrap_or_else(|refused| refused))
    }

    /// A key by its ARN or id.
    fn key(&self, id: &str) -> Result<&str, Answer> {
        let is = |arn: &&String| *arn == id || arn.strip_suffix(id).is_some_and(|rest| rest.ends_with('/'));
        self.keys
            .iter()
            .find(is)
            .map(String::as_str)
            .ok_or_else(|| Answer::error(400, "NotFoundException", &format!("Key '{id}' does not exist")))
    }

    fn encrypt(&self, body: &[u8]) -> Result<Answer, Answer> {
        let call: Encrypt = read(body)?;
        let arn = self.key(&call.key_id)?;
        let plain = bytes(&call.plaintext)?;
        if plain.is_empty() || plain.len() > LARGEST {
            let message = format!(
                "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 and {LARGEST}"
            );
            return Err(Answer::error(400, "ValidationException", &message));
        }
        let seal = seal(arn, &call.encryption_context, &plain);
        let mut sealed = MARK.to_vec();
        sealed.push(u8::try_from(arn.len()).unwrap_or(u8::MAX));
        sealed.extend(arn.bytes());
        sealed.extend(seal);
        sealed.extend(masked(&seal, &plain));
        Ok(Answer::json(&json!({
            "CiphertextBlob": BASE64_STANDARD.encode(sealed),
            "KeyId": arn,
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        })))
    }

    fn decrypt(&self, body: &[u8]) -> Result<Answer, Answer> {
        let call: Decrypt = read(body)?;
        let invalid = || Answer {
            body: b"{\"__type\":\"InvalidCiphertextException\"}".to_vec(),
            ..Answer::error(400, "InvalidCiphertextException", "")
        };
        let sealed = bytes(&call.ciphertext_blob)?;
        let rest = sealed.strip_prefix(MARK).ok_or_else(invalid)?;
        let (length, rest) = rest.split_first().ok_or_else(invalid)?;
        let (arn, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(invalid)?;
        let (seal_of, masked_text) = rest.split_first_chunk::<16>().ok_or_else(invalid)?;
        let arn = std::str::from_utf8(arn).map_err(|_| invalid())?;
        let arn = self.key(arn)?;
        if let Some(named) = &call.key_id
            && self.key(named)? != arn
        {
            let message =
                "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(Answer::error(400, "IncorrectKeyException", message));
        }
        let plain = masked(seal_of, masked_text);
        if seal(arn, &call.encryption_context, &plain) != *seal_of {
            return Err(invalid());
        }
        Ok(Answer::json(&json!({
            "Plaintext": BASE64_STANDARD.encode(plain),
            "KeyId": arn,
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        })))
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|why| Answer::error(400, "ValidationException", &why.to_string()))
}

fn bytes(text: &str) -> Result<Vec<u8>, Answer> {
    BASE64_STANDARD.decode(text).map_err(|why| Answer::error(400, "SerializationException", &why.to_string()))
}

/// Binds a text to its key and its context.
fn seal(arn: &str, context: &BTreeMap<String, String>, plain: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in
        std::iter::once(arn).chain(context.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]))
    {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.update(plain);
    let digest = hash.finalize();
    std::array::from_fn(|at| digest[at])
}

fn masked(seal: &[u8; 16], text: &[u8]) -> Vec<u8> {
    let blocks = text.chunks(32).zip(0_u64..);
    let mask = |(block, number): (&[u8], u64)| {
        let stream = Sha256::new().chain_update(seal).chain_update(number.to_be_bytes()).finalize();
        block.iter().zip(stream).map(|(one, two)| one ^ two).collect::<Vec<_>>()
    };
    blocks.flat_map(mask).collect()
}
