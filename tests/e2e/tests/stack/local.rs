//! Starts local AWS with the stack on it, once for the test run, and ends it when the run ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws::functions::Functions;
use aws::store::Store;
use aws::vault::Vault;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;
use jiff::SignedDuration;
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde_json::Value;

/// A prospect counts as abandoned after this.
pub(crate) const PROSPECT_DELAY: Duration = Duration::from_secs(5);

/// What `infra/local/stack.py` writes about the stack.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Outputs {
    /// Where they stand, for programs that read them.
    #[serde(skip)]
    pub(crate) file: PathBuf,
    pub(crate) api_url: String,
    pub(crate) endpoint_url: String,
    pub(crate) region: String,
    pub(crate) stack: String,
    pub(crate) bus: String,
    pub(crate) table: String,
    pub(crate) sandbox_url: String,
    pub(crate) facts_queue_url: String,
    pub(crate) queues: BTreeMap<String, String>,
    pub(crate) dlqs: BTreeMap<String, String>,
    pub(crate) functions: BTreeMap<String, String>,
    pub(crate) kms_key_id: String,
    #[serde(default)]
    pub(crate) proxy_url: String,
}

/// Holds the stack: when the test process ends, its standard input closes, and the stack stops itself.
struct Running {
    _stack: Child,
    outputs: Outputs,
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The stack that tests share, with nothing between its functions and local AWS.
fn shared() -> &'static Running {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    RUNNING.get_or_init(|| start("e2e", &[]))
}

/// A stack whose functions reach local AWS through the proxy, which fails their calls when it is told to.
fn faulty() -> &'static Running {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    RUNNING.get_or_init(|| start("e2e-faults", &["--proxy", "0"]))
}

/// A stack whose trigger functions are killed. Local AWS does not try an event of the bus again, as AWS does, so no test
/// that publishes on the bus may share it.
fn deadly() -> &'static Running {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    RUNNING.get_or_init(|| start("e2e-kills", &[]))
}

/// A stack for whoever tries everything: other tests make the stand-ins of theirs fail.
fn tried() -> &'static Running {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    RUNNING.get_or_init(|| start("e2e-api", &[]))
}

fn start(folder: &str, more: &[&str]) -> Running {
    let folder = project().join(".local").join(folder);
    let python = project().join(".local/venv/bin/python");
    assert!(python.exists(), "local AWS is not installed: run `make test`, which installs it");
    let mut stack = Command::new(python)
        .arg(project().join("infra/local/stack.py"))
        .args(["up", "--hold", "stdin", "--port", "0", "--sandbox-port", "0", "--dir"])
        .arg(&folder)
        .arg("--param")
        .arg(format!("ProspectDelay={}", PROSPECT_DELAY.as_secs()))
        .args(["--param", "RetrySchedule=1,1,2,2,3,3,3,3", "--param", "LeaseSeconds=10"])
        // A connector that was killed keeps its messages for so long.
        .args(["--param", "JobVisibility=15", "--param", "PortalCallsPerMinute=100000"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("stack.py starts");
    // It prints where the outputs are once the stack stands.
    let mut ready = String::new();
    BufReader::new(stack.stdout.take().expect("piped")).read_line(&mut ready).expect("a line");
    let file = folder.join("outputs.json");
    let outputs = std::fs::read(&file).expect("the stack stands; see its deploy.log");
    let outputs: Outputs = serde_json::from_slice(&outputs).expect("outputs.json reads");
    Running { _stack: stack, outputs: Outputs { file, ..outputs } }
}

/// Clients of the running stack, for one test.
pub(crate) struct Engine {
    pub(crate) outputs: Outputs,
    pub(crate) sdk: SdkConfig,
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) functions: Functions,
    pub(crate) bus: aws_sdk_eventbridge::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) table: aws_sdk_dynamodb::Client,
    pub(super) http: reqwest::Client,
}

impl Engine {
    /// The shared stack.
    pub(crate) async fn shared() -> Self {
        Self::of(shared).await
    }

    /// The stack with the proxy.
    pub(crate) async fn faulty() -> Self {
        Self::of(faulty).await
    }

    /// The stack whose functions are killed.
    pub(crate) async fn deadly() -> Self {
        Self::of(deadly).await
    }

    /// The stack on which everything is tried.
    pub(crate) async fn tried() -> Self {
        Self::of(tried).await
    }

    async fn of(running: fn() -> &'static Running) -> Self {
        let outputs = tokio::task::spawn_blocking(move || running().outputs.clone());
        let outputs = outputs.await.expect("the stack stands");
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws::clients::http())
            .region(Region::new(outputs.region.clone()))
            .endpoint_url(&outputs.endpoint_url)
            // Local AWS's root user.
            .credentials_provider(Credentials::new("test", "test", None, None, "local AWS"))
            .load()
            .await;
        Self {
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

    /// What the sandbox answers to a GET.
    pub(crate) async fn sandbox_get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.outputs.sandbox_url);
        self.http.get(url).send().await.expect("the sandbox").json().await.expect("JSON")
    }

    /// Tells the sandbox something.
    pub(crate) async fn sandbox_post(&self, path: &str, body: &Value) {
        let url = format!("{}{path}", self.outputs.sandbox_url);
        let answer = self.http.post(url).json(body).send().await.expect("the sandbox");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
    }

    /// Where the sandbox sends whoever opens this address of its.
    pub(crate) async fn sandbox_redirect(&self, address: &str) -> String {
        let answer = self.http.get(address).send().await.expect("the sandbox");
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
        location.unwrap_or_else(|| panic!("{address}: {}", answer.status())).to_owned()
    }

    /// Makes calls of the functions to local AWS fail.
    pub(crate) async fn aws_fault(&self, fault: &Value) {
        let url = format!("{}/_faults", self.outputs.proxy_url);
        let answer = self.http.post(url).json(fault).send().await.expect("the proxy");
        assert!(answer.status().is_success(), "{}", answer.text().await.expect("text"));
    }

    /// Lets them succeed again.
    pub(crate) async fn clear_aws_faults(&self) {
        let url = format!("{}/_faults", self.outputs.proxy_url);
        self.http.delete(url).send().await.expect("the proxy");
    }

    /// Everything that waits on a queue and that `wanted` takes; what it takes is deleted, the rest shows again.
    pub(crate) async fn take(&self, queue: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let request =
            self.sqs.receive_message().queue_url(queue).max_number_of_messages(10).visibility_timeout(2);
        let received = request.send().await.expect("SQS").messages.unwrap_or_default();
        let mut taken = Vec::new();
        for message in received {
            let body = message.body.unwrap_or_default();
            if wanted(&body) {
                let receipt = message.receipt_handle.unwrap_or_default();
                self.sqs.delete_message().queue_url(queue).receipt_handle(receipt).send().await.expect("SQS");
                taken.push(body);
            }
        }
        taken
    }
}

fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    #[expect(clippy::disallowed_methods, reason = "it calls the sandbox's own controls, not an app")]
    reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
}

/// Looks until there is something to see. What it waits for must come; how fast is for the bench to say.
pub(crate) async fn until<T, F>(what: &str, look: impl Fn() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    const PATIENCE: Duration = Duration::from_mins(10);
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: not seen within {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
