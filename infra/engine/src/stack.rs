//! The deployment: found by its outputs file, reached with the usual AWS credentials.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws::bus::Bus;
use aws::dead_letters::DeadLetters;
use aws::functions::Functions;
use aws::queue::Queues;
use aws::schedules::{SchedulePlace, Schedules};
use aws::store::Store;
use aws::vault::Vault;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use domain::app::App;
use domain::id::MarketplaceId;
use jiff::SignedDuration;
use operations::connectors::Connectors;
use operations::fleet::Fleet;
use operations::integrations::Integrations;
use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

use crate::api::OperatorApi;
use crate::input::{self, InputError, kind};

/// Where `make run` writes the outputs, from the project's folder.
const DEFAULT_OUTPUTS: &str = ".local/outputs.json";
/// How long the Configuration Log is kept where the outputs do not say.
const LOG_TTL_DAYS: i64 = 35;

/// A deployment that cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackError {
    /// There is no outputs file here or in any folder above.
    #[error(
        "no deployment is here: {DEFAULT_OUTPUTS} is neither in {from} nor above it; run `make run`, or give --outputs FILE"
    )]
    NotFound {
        /// Where the search began.
        from: PathBuf,
    },
    /// The folder that the command runs in is gone.
    #[error("the current folder cannot be read")]
    NoFolder(#[source] io::Error),
    /// The file is not what `make run` or `make outputs` writes.
    #[error("the deployment is not known: its outputs file cannot be used")]
    Outputs(#[from] InputError),
    /// A real deployment has no demo marketplace to fall back to.
    #[error("--marketplace is required: this deployment has no demo marketplace")]
    NoMarketplace,
    /// The outputs do not name a queue.
    #[error("the outputs file names no {0}: write it anew from the deployment's outputs")]
    NoQueue(String),
    /// The outputs lack something that a newer version of this program needs.
    #[error("the outputs file does not name the {0}: write it anew from the deployment's outputs")]
    Lacks(&'static str),
    /// The outputs do not name a function.
    #[error("the outputs file names no function `{0}`: write it anew from the deployment's outputs")]
    NoFunction(String),
}

/// What the command line needs to know of the deployment; the file has more.
#[derive(Debug, Deserialize)]
struct Outputs {
    /// Where AWS answers, where that is not AWS itself.
    #[serde(default)]
    endpoint_url: Option<Url>,
    region: String,
    bus: String,
    table: String,
    /// By app. One that this program does not know is no concern of its.
    queues: BTreeMap<String, String>,
    /// The dead-letter queues, by app.
    #[serde(default)]
    dlqs: BTreeMap<String, String>,
    #[serde(default)]
    facts_queue_url: Option<String>,
    /// ARNs, by handler; of a real deployment, those that a command calls.
    #[serde(default)]
    functions: BTreeMap<String, String>,
    kms_key_id: String,
    /// The management API.
    #[serde(default)]
    api_url: Option<Url>,
    /// The `source` of the facts that the deployment's bus rules match.
    #[serde(default)]
    source: Option<String>,
    /// Where prospects' timers are.
    #[serde(default)]
    schedule_group: Option<String>,
    #[serde(default)]
    log_ttl_days: Option<i64>,
    #[serde(default)]
    demo: Option<Demo>,
}

#[derive(Debug, Deserialize)]
struct Demo {
    marketplace_id: MarketplaceId,
}

/// The deployment.
#[derive(Debug)]
pub(crate) struct Stack {
    outputs: Outputs,
    asked_for: Option<MarketplaceId>,
    sdk: SdkConfig,
}

impl Stack {
    /// Reads the outputs file. Nothing is called yet.
    pub(crate) async fn open(
        outputs: Option<PathBuf>,
        marketplace: Option<MarketplaceId>,
    ) -> Result<Self, StackError> {
        let path = match outputs {
            Some(path) => path,
            None => nearest()?,
        };
        let outputs = read(&path)?;
        let sdk = sdk(&outputs).await;
        Ok(Self { outputs, asked_for: marketplace, sdk })
    }

    /// Whose data the command is about.
    pub(crate) fn marketplace(&self) -> Result<MarketplaceId, StackError> {
        let demo = self.outputs.demo.as_ref().map(|demo| &demo.marketplace_id);
        self.asked_for().or(demo).cloned().ok_or(StackError::NoMarketplace)
    }

    /// Whose data it is about, where the operator said so.
    pub(crate) fn asked_for(&self) -> Option<&MarketplaceId> {
        self.asked_for.as_ref()
    }

    /// The address of local AWS, where the deployment is on this machine.
    pub(crate) fn local(&self) -> Option<&Url> {
        self.outputs.endpoint_url.as_ref().filter(|endpoint| is_this_machine(endpoint))
    }

    /// The `source` that facts must have, where it is known.
    pub(crate) fn source(&self) -> Option<&str> {
        self.outputs.source.as_deref()
    }

    /// The management API's operator routes.
    pub(crate) fn operator_api(&self) -> Result<OperatorApi<'_>, StackError> {
        let url = self
            .outputs
            .api_url
            .as_ref()
            .ok_or(StackError::Lacks("address of the management API (`api_url`)"))?;
        Ok(OperatorApi { url, sdk: &self.sdk })
    }

    /// Prospects' timers, to end them: nothing is scheduled here.
    pub(crate) fn schedules(&self) -> Result<Schedules, StackError> {
        let group = self.outputs.schedule_group.clone();
        let group = group.ok_or(StackError::Lacks("group of the prospects' schedules (`schedule_group`)"))?;
        let place = SchedulePlace { group, role: String::new(), dead_letters: String::new() };
        Ok(Schedules::new(&self.sdk, place))
    }

    /// The table.
    pub(crate) fn store(&self) -> Store {
        let days = self.outputs.log_ttl_days.unwrap_or(LOG_TTL_DAYS);
        Store::new(&self.sdk, &self.outputs.table, SignedDuration::from_hours(days * 24))
    }

    /// The key that credentials are sealed with.
    pub(crate) fn vault(&self) -> Vault {
        Vault::new(&self.sdk, self.outputs.kms_key_id.clone())
    }

    /// The bus that facts are published on.
    pub(crate) fn bus(&self) -> Bus {
        Bus::new(&self.sdk, self.outputs.bus.clone())
    }

    /// The apps' queues.
    pub(crate) fn queues(&self) -> Queues {
        let known =
            self.outputs.queues.iter().filter_map(|(app, url)| Some((app.parse().ok()?, url.clone())));
        Queues::new(&self.sdk, known.collect())
    }

    /// Functions that are called for their answer.
    pub(crate) fn functions(&self) -> Functions {
        Functions::new(&self.sdk)
    }

    /// The merchants' accounts.
    pub(crate) fn integrations(&self) -> Result<Integrations, StackError> {
        let names = App::ALL.iter().map(|app| Ok((*app, self.function(app.key())?.to_owned())));
        let connectors = Connectors::new(self.functions(), names.collect::<Result<_, StackError>>()?);
        Ok(Integrations { store: self.store(), vault: self.vault(), connectors, bus: self.bus() })
    }

    /// What concerns all merchants at once.
    pub(crate) fn fleet(&self) -> Result<Fleet, StackError> {
        let dead = App::ALL.iter().map(|app| Ok((*app, self.dead_letters(*app)?)));
        let dead_letters = dead.collect::<Result<_, StackError>>()?;
        Ok(Fleet { store: self.store(), queues: self.queues(), dead_letters })
    }

    /// The name of the function with that handler.
    pub(crate) fn function(&self, handler: &str) -> Result<&str, StackError> {
        let name = self.outputs.functions.get(handler).map(String::as_str);
        name.ok_or_else(|| StackError::NoFunction(handler.to_owned()))
    }

    /// What lies in an app's dead-letter queue.
    pub(crate) fn dead_letters(&self, app: App) -> Result<DeadLetters, StackError> {
        let url = self.outputs.dlqs.get(app.key());
        let url = url.ok_or_else(|| StackError::NoQueue(format!("dead-letter queue of {app}")))?;
        Ok(DeadLetters::new(&self.sdk, url.clone()))
    }

    /// The facts that could not be planned.
    pub(crate) fn kept_facts(&self) -> Result<DeadLetters, StackError> {
        let url = self.outputs.facts_queue_url.as_ref();
        let url = url.ok_or_else(|| StackError::NoQueue("facts queue".to_owned()))?;
        Ok(DeadLetters::new(&self.sdk, url.clone()))
    }
}

fn nearest() -> Result<PathBuf, StackError> {
    let from = std::env::current_dir().map_err(StackError::NoFolder)?;
    let found = from.ancestors().map(|folder| folder.join(DEFAULT_OUTPUTS)).find(|path| path.is_file());
    found.ok_or(StackError::NotFound { from })
}

fn read(path: &Path) -> Result<Outputs, InputError> {
    let value = input::json(path)?;
    of_value(value).map_err(|problem| InputError::Shape { name: path.display().to_string(), problem })
}

/// What the file describes, or what is wrong with it.
fn of_value(value: Value) -> Result<Outputs, String> {
    const NEEDED: [&str; 5] = ["region", "bus", "table", "queues", "kms_key_id"];
    let Value::Object(fields) = &value else {
        return Err(format!(
            "it must be an object, as `make run` or `make outputs` writes it, and is {}",
            kind(&value)
        ));
    };
    let missing: Vec<_> = NEEDED.into_iter().filter(|field| !fields.contains_key(*field)).collect();
    if !missing.is_empty() {
        return Err(format!("it does not describe a deployment: `{}` is missing", missing.join("`, `")));
    }
    serde_path_to_error::deserialize(value)
        .map_err(|error| format!("`{}` does not have a value of the kind that belongs there", error.path()))
}

/// Region and endpoint are the file's, so that a shell that is set up for another account cannot mislead a command.
async fn sdk(outputs: &Outputs) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    let mut config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts)
        .region(Region::new(outputs.region.clone()));
    if let Some(endpoint) = &outputs.endpoint_url {
        config = config.endpoint_url(endpoint.as_str().trim_end_matches('/'));
        if is_this_machine(endpoint) {
            // Local AWS knows its own root user only, and keys of a real account have no business there.
            config = config.credentials_provider(Credentials::new("test", "test", None, None, "local AWS"));
        }
    }
    config.load().await
}

fn is_this_machine(endpoint: &Url) -> bool {
    match endpoint.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUTS: &str = r#"{"endpoint_url": "http://127.0.0.1:4566", "region": "us-east-1", "bus": "commerce",
        "table": "t", "queues": {"mailchimp": "http://localhost:4566/q", "an_app_of_next_year": "http://x/"},
        "kms_key_id": "arn:aws:kms:us-east-1:000000000000:key/1", "stack": "s", "demo": {"marketplace_id": "demo"}}"#;

    async fn stack(text: &str, marketplace: Option<&str>) -> Stack {
        let outputs = of_value(serde_json::from_str(text).unwrap()).unwrap();
        let sdk = sdk(&outputs).await;
        Stack { outputs, asked_for: marketplace.map(|m| m.parse().unwrap()), sdk }
    }

    #[tokio::test]
    async fn the_demo_marketplace_is_meant_unless_another_is_named() {
        assert_eq!(stack(OUTPUTS, None).await.marketplace().unwrap().as_str(), "demo");
        assert_eq!(stack(OUTPUTS, Some("shop")).await.marketplace().unwrap().as_str(), "shop");
        let aws = OUTPUTS.replace(r#""demo": {"#, r#""other": {"#);
        assert!(matches!(stack(&aws, None).await.marketplace(), Err(StackError::NoMarketplace)));
    }

    #[tokio::test]
    async fn a_function_that_the_file_does_not_name_is_asked_for() {
        let error = stack(OUTPUTS, None).await.function("prospects").unwrap_err();
        assert!(error.to_string().contains("names no function `prospects`"), "{error}");
        let named = OUTPUTS.replace(r#""stack": "s""#, r#""functions": {"prospects": "arn:p"}"#);
        assert_eq!(stack(&named, None).await.function("prospects").unwrap(), "arn:p");
    }

    #[test]
    fn a_file_that_is_no_deployment_is_told_what_is_wrong_with_it() {
        let wrong = |text: &str| of_value(serde_json::from_str(text).unwrap()).unwrap_err();
        assert_eq!(
            wrong("[]"),
            "it must be an object, as `make run` or `make outputs` writes it, and is a list"
        );
        let missing = "it does not describe a deployment: `bus`, `table`, `queues`, `kms_key_id` is missing";
        assert_eq!(wrong(r#"{"region": "us-east-1"}"#), missing);
        let text = OUTPUTS.replace(r#""http://x/""#, "7");
        assert_eq!(
            wrong(&text),
            "`queues.an_app_of_next_year` does not have a value of the kind that belongs there"
        );
    }

    #[test]
    fn local_keys_go_to_this_machine_only() {
        for (endpoint, local) in [
            ("http://127.0.0.1:4566", true),
            ("http://localhost:4566", true),
            ("http://[::1]:4566", true),
            ("https://dynamodb.us-east-1.amazonaws.com", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(is_this_machine(&endpoint.parse().unwrap()), local, "{endpoint}");
        }
    }
}
