//! Secrets Manager: texts by name.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;

/// All secrets, by name or ARN.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, String>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    secret_id: String,
}

impl Secrets {
    pub(super) fn set(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), text.to_owned());
    }

    /// Performs a call; `None` if the operation is not implemented.
    pub(super) fn call(&self, operation: &str, body: &[u8]) -> Option<Answer> {
        if operation != "GetSecretValue" {
            return None;
        }
        let get: Get = match serde_json::from_slice(body) {
            Ok(get) => get,
            Err(why) => return Some(Answer::error(400, "InvalidParameterException", &why.to_string())),
        };
        Some(if let Some(text) = self.0.get(&get.secret_id) {
            Answer::json(&json!({ "Name": get.secret_id, "SecretString": text }))
        } else {
            let message = "Secrets Manager can't find the specified secret.";
            Answer::error(400, "ResourceNotFoundException", message)
        })
    }
}
