//! KMS: texts that are encrypted and decrypted under contexts.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::Both;
use crate::local::Local;

/// A key in local AWS; returns its ARN.
pub(crate) fn create(local: &Local) -> String {
    let made = local.create("TrentService.CreateKey", &json!({}));
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

pub(crate) fn compare(both: &mut Both, key: &str, calls: usize) {
    let mut sealed: Vec<([String; 2], Value)> = Vec::new();
    for _ in 0..calls {
        let context = both.one_of(&[
            json!({}),
            json!({ "app": "kit" }),
            json!({ "app": "kit", "marketplace": "demo" }),
        ]);
        if sealed.is_empty() || both.happens(0.5) {
            let text = both.one_of(&["secret".to_owned(), "x".repeat(4096), "x".repeat(4097), String::new()]);
            let call = json!({ "KeyId": key, "Plaintext": BASE64_STANDARD.encode(text), "EncryptionContext": context });
            let responses = both.same("TrentService.Encrypt", &call);
            let blob = |body: &Value| body["CiphertextBlob"].as_str().map(str::to_owned);
            if let (Some(here), Some(there)) = (blob(&responses.memory.body), blob(&responses.local.body)) {
                sealed.push(([here, there], context));
            }
            continue;
        }
        let (blobs, own) = both.one_of(&sealed);
        let context = if both.happens(0.7) { own } else { context };
        let blobs = if both.happens(0.1) { ["AAAA".to_owned(), "AAAA".to_owned()] } else { blobs };
        let call = |blob: &str| json!({ "KeyId": key, "CiphertextBlob": blob, "EncryptionContext": context });
        both.call("TrentService.Decrypt", &call(&blobs[0]), &call(&blobs[1]));
    }
}
