//! Functions that are invoked synchronously.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;

use crate::clients::{OnUse, on_use};

/// How long a response may take. It is longer than a function of the engine may run (30 s), so that a slow function is
/// not invoked twice.
const ANSWER: Duration = Duration::from_secs(35);

/// An invocation that returned no result.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// Check the input or the function: it ran and failed.
    #[error("the function `{name}` failed: {why}")]
    Failed {
        /// The function's name.
        name: String,
        /// The error that the function returned.
        why: String,
    },
    /// Retry: the call failed temporarily or was throttled, or the caller lacks a permission.
    #[error("Lambda did not run the function `{name}`")]
    Unavailable {
        /// The function's name.
        name: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Check the name: the deployment has no such function.
    #[error("the function `{name}` does not exist")]
    NotFound {
        /// The function's name.
        name: String,
    },
}

/// Lambda functions.
#[derive(Debug, Clone)]
pub struct Functions {
    client: OnUse<Client>,
}

impl Functions {
    /// Builds the client with the SDK's configuration, but with timeouts for a function's whole run.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        let client = on_use(config, |config| {
            let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ANSWER);
            Client::from_conf(Builder::from(config).timeout_config(timeouts.build()).build())
        });
        Self { client }
    }

    /// Invokes a function, by name or ARN, and waits for its response. `payload` and response are JSON, each of at most
    /// 6 MB. A function may run twice for one call if the connection breaks.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
    pub async fn invoke(&self, name: &str, payload: Vec<u8>) -> Result<Vec<u8>, FunctionError> {
        let request = self.client.invoke().function_name(name).payload(Blob::new(payload));
        match request.send().await {
            Ok(answer) => result(name, answer),
            Err(error)
                if error.as_service_error().is_some_and(InvokeError::is_resource_not_found_exception) =>
            {
                Err(FunctionError::NotFound { name: name.to_owned() })
            }
            Err(error) => Err(FunctionError::Unavailable { name: name.to_owned(), source: Box::new(error) }),
        }
    }
}

/// Lambda returns 200 even if the function failed.
fn result(name: &str, answer: InvokeOutput) -> Result<Vec<u8>, FunctionError> {
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    match answer.function_error {
        None => Ok(payload),
        Some(kind) => Err(FunctionError::Failed { name: name.to_owned(), why: why(kind, &payload) }),
    }
}

/// The response of a failed function.
/// <https://docs.aws.amazon.com/lambda/latest/dg/rust-handler.html>
#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "errorMessage")]
    message: String,
}

fn why(kind: String, payload: &[u8]) -> String {
    serde_json::from_slice::<Failure>(payload).map_or(kind, |failure| failure.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(error: Option<&str>, payload: &str) -> Result<Vec<u8>, FunctionError> {
        let answer = InvokeOutput::builder().set_function_error(error.map(str::to_owned));
        result("prospects", answer.payload(Blob::new(payload)).build())
    }

    #[test]
    fn a_function_that_failed_is_no_result_and_says_why() {
        assert_eq!(answer(None, "null").unwrap(), b"null");
        let message = r#"{"errorType": "Error", "errorMessage": "the event could not be read or written"}"#;
        let error = answer(Some("Unhandled"), message).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the function `prospects` failed: the event could not be read or written"
        );
        let error = answer(Some("Unhandled"), "killed").unwrap_err();
        assert_eq!(error.to_string(), "the function `prospects` failed: Unhandled");
    }
}
