//! Clients of a stack, and the controls of the sandbox and the proxy.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::functions::Functions;
use aws::secrets::Secrets;
use aws::store::Store;
use aws::vault::Vault;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use domain::digest::DigestSecret;
use jiff::SignedDuration;
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::local::Outputs;

/// Local AWS's root user.
pub(crate) fn root() -> Credentials {
    Credentials::new("test", "test", None, None, "local AWS")
}

/// Clients of a stack, with direct calls to local AWS.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The stack's outputs.
    pub outputs: Outputs,
    /// The configuration for other clients.
    pub sdk: SdkConfig,
    /// The engine's own client of the table.
    pub store: Store,
    /// The secret that keys digests of addresses.
    pub secret: DigestSecret,
    /// The vault for credentials.
    pub vault: Vault,
    /// Functions that are invoked for their result.
    pub functions: Functions,
    /// The bus.
    pub bus: aws_sdk_eventbridge::Client,
    /// The queues.
    pub sqs: aws_sdk_sqs::Client,
    /// The functions.
    pub lambda: aws_sdk_lambda::Client,
    /// The table, as a plain client.
    pub table: aws_sdk_dynamodb::Client,
    /// A client for the API, the stand-ins and the proxy.
    pub http: reqwest::Client,
}

impl Engine {
    /// Clients of the stack with these outputs.
    pub async fn of(outputs: Outputs) -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws::http::client())
            .region(Region::new(outputs.region.clone()))
            .endpoint_url(&outputs.endpoint_url)
            .credentials_provider(root())
            .load()
            .await;
        let secret = Secrets::new(&sdk).get(&outputs.digest_secret_arn).await.expect("the secret");
        Self {
            secret: secret.expose_secret().parse().expect("a secret"),
            store: Store::new(&sdk, &outputs.table, SignedDuration::from_hours(720)),
            vault: Vault::new(&sdk, outputs.kms_key_id.clone()),
            functions: Functions::new(&sdk),
            bus: aws_sdk_eventbridge::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            table: aws_sdk_dynamodb::Client::new(&sdk),
            http: http(),
            sdk,
            outputs,
        }
    }

    /// The sandbox's response to a GET.
    pub async fn sandbox_get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.outputs.sandbox_url);
        self.http.get(url).send().await.expect("the sandbox").json().await.expect("JSON")
    }

    /// Posts an instruction to the sandbox.
    pub async fn sandbox_post(&self, path: &str, body: &Value) {
        let url = format!("{}{path}", self.outputs.sandbox_url);
        let answer = self.http.post(url).json(body).send().await.expect("the sandbox");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
    }

    /// The target of the sandbox's redirect from this address.
    pub async fn sandbox_redirect(&self, address: &str) -> String {
        let answer = self.http.get(address).send().await.expect("the sandbox");
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
        location.unwrap_or_else(|| panic!("{address}: {}", answer.status())).to_owned()
    }

    /// Makes calls of the functions to local AWS fail.
    pub async fn aws_fault(&self, fault: &Value) {
        let url = format!("{}/_faults", self.outputs.proxy_url);
        let answer = self.http.post(url).json(fault).send().await.expect("the proxy");
        assert!(answer.status().is_success(), "{}", answer.text().await.expect("text"));
    }

    /// Removes the faults.
    pub async fn clear_aws_faults(&self) {
        let url = format!("{}/_faults", self.outputs.proxy_url);
        self.http.delete(url).send().await.expect("the proxy");
    }

    /// The proxy's counts.
    pub async fn counts(&self) -> Value {
        let url = format!("{}/_counts", self.outputs.proxy_url);
        self.http.get(url).send().await.expect("the proxy").json().await.expect("JSON")
    }

    /// Resets the proxy's counts.
    pub async fn count_anew(&self) {
        let url = format!("{}/_counts", self.outputs.proxy_url);
        self.http.delete(url).send().await.expect("the proxy");
    }

    /// Returns and deletes the messages of a queue that `wanted` accepts. Other messages stay, because other tests may
    /// wait for them.
    pub async fn take(&self, queue: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let (mut taken, mut rest, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        loop {
            let request =
                self.sqs.receive_message().queue_url(queue).max_number_of_messages(10).visibility_timeout(10);
            let received = request.send().await.expect("SQS").messages.unwrap_or_default();
            // A message is received again only after its visibility timeout, when all messages have been seen.
            if !received.iter().any(|message| seen.insert(message.message_id.clone())) {
                break;
            }
            for message in received {
                let (body, receipt) =
                    (message.body.unwrap_or_default(), message.receipt_handle.unwrap_or_default());
                if wanted(&body) {
                    let delete = self.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
                    delete.send().await.expect("SQS");
                    taken.push(body);
                } else {
                    rest.push(receipt);
                }
            }
        }
        for receipt in rest {
            let show = self.sqs.change_message_visibility().queue_url(queue).receipt_handle(receipt);
            // A message whose visibility timeout has ended is already visible.
            drop(show.visibility_timeout(0).send().await);
        }
        taken
    }
}

fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    #[expect(clippy::disallowed_methods, reason = "it calls the sandbox's own controls, not an app")]
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .expect("a client")
}

/// The maximum wait of a test for a result. It limits results that never arrive; the bench measures times, and a busy
/// machine may be slow.
const PATIENCE: Duration = Duration::from_mins(10);

/// Repeats `look` until it returns a value.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look).await
}

/// The same with another maximum wait, which also limits a `look` that never ends.
pub(crate) async fn within<T>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looks = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let seen = tokio::time::timeout(patience, looks).await;
    seen.unwrap_or_else(|_| panic!("{what}: not seen within {} s", patience.as_secs()))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    #[should_panic(expected = "the train: not seen within 0 s")]
    async fn what_never_comes_fails_the_test_by_name_also_where_a_look_never_ends() {
        within(Duration::from_millis(10), "the train", async || pending::<Option<()>>().await).await;
    }
}
