//! Clients of the stack.
use aws::queue::Queues;
use aws::store::Store;
use aws::vault::Vault;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_eventbridge::config::Credentials;
use jiff::SignedDuration;
use serde_json::Value;

use crate::failed::Failed;
use crate::stack::Outputs;

/// Local AWS's root user.
const ROOT: &str = "test";

/// Clients of the stack.
pub(crate) struct Engine<'a> {
    pub(crate) outputs: &'a Outputs,
    /// Directly at local AWS.
    pub(crate) store: Store,
    /// Through the proxy, which counts what it reads.
    pub(crate) counted: Store,
    pub(crate) table: aws_sdk_dynamodb::Client,
    pub(crate) vault: Vault,
    pub(crate) queues: Queues,
    pub(crate) bus: aws_sdk_eventbridge::Client,
    http: reqwest::Client,
}

impl<'a> Engine<'a> {
    pub(crate) async fn of(outputs: &'a Outputs) -> Result<Self, Failed> {
        let sdk = sdk(outputs, &outputs.endpoint_url).await;
        let proxied = self::sdk(outputs, &outputs.proxy_url).await;
        let ttl = SignedDuration::from_hours(720);
        // The only failure is that a provider is there already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        #[expect(clippy::disallowed_methods, reason = "it calls the stand-ins' own controls, not an app")]
        let http = reqwest::Client::builder().no_proxy().build();
        Ok(Self {
            outputs,
            store: Store::new(&sdk, &outputs.table, ttl),
            counted: Store::new(&proxied, &outputs.table, ttl),
            table: aws_sdk_dynamodb::Client::new(&sdk),
            vault: Vault::new(&sdk, outputs.kms_key_id.clone()),
            queues: Queues::new(&sdk, outputs.queues.clone()),
            bus: aws_sdk_eventbridge::Client::new(&sdk),
            http: http.map_err(Failed::at("there is no HTTP client"))?,
        })
    }

    /// What the sandbox answers to a GET.
    pub(crate) async fn sandbox(&self, path: &str) -> Result<Value, Failed> {
        self.json(self.http.get(format!("{}{path}", self.outputs.sandbox_url)), path).await
    }

    /// Tells the sandbox something.
    pub(crate) async fn tell_sandbox(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        self.json(self.http.post(format!("{}{path}", self.outputs.sandbox_url)).json(body), path).await
    }

    /// What the proxy has counted.
    pub(crate) async fn counts(&self) -> Result<Value, Failed> {
        self.json(self.http.get(format!("{}/_counts", self.outputs.proxy_url)), "/_counts").await
    }

    /// Has the proxy count from zero.
    pub(crate) async fn count_anew(&self) -> Result<(), Failed> {
        let request = self.http.delete(format!("{}/_counts", self.outputs.proxy_url));
        request.send().await.map(drop).map_err(Failed::at("the proxy does not answer"))
    }

    /// Calls CloudWatch Logs of local AWS, which does not check its root user's signature.
    pub(crate) async fn logs(&self, operation: &str, body: &Value) -> Result<Value, Failed> {
        let scope = format!("{ROOT}/20260101/{}/logs/aws4_request", self.outputs.region);
        let request = self
            .http
            .post(&self.outputs.endpoint_url)
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .header("x-amz-target", format!("Logs_20140328.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        self.json(request, operation).await
    }

    async fn json(&self, request: reqwest::RequestBuilder, what: &str) -> Result<Value, Failed> {
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(Failed::at(what))?.json().await.map_err(Failed::at(what))
    }
}

async fn sdk(outputs: &Outputs, endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws::clients::http())
        .region(Region::new(outputs.region.clone()))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(ROOT, ROOT, None, None, "local AWS"))
        .load()
        .await
}
