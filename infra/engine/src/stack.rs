//! The deployment, described by its outputs file and accessed with the usual AWS credentials.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws::secrets::{Secrets, SecretsError};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use domain::app::App;
use domain::author::Author;
use domain::digest::{DigestSecret, ShortSecret};
use domain::fact::Email;
use domain::id::{BuyerKey, MarketplaceId};
use jiff::SignedDuration;
use operations::sources::Sources;
use operations::{Engine, Resources};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

use crate::api::OperatorApi;
use crate::input::{self, InputError, kind};

/// The path at which `make run` writes the outputs, relative to the project's folder.
const DEFAULT_OUTPUTS: &str = ".local/outputs.json";
/// The retention of the Configuration Log in days, if the outputs do not have it.
const LOG_TTL_DAYS: i64 = 35;

/// The reason why a deployment cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackError {
    /// No outputs file is in this folder or in any folder above.
    #[error(
        "no deployment found: {DEFAULT_OUTPUTS} is neither in {from} nor above it; run `make run`, or give --outputs FILE"
    )]
    NotFound {
        /// The folder in which the search began.
        from: PathBuf,
    },
    /// The current folder no longer exists.
    #[error("the current folder cannot be read")]
    NoFolder(#[source] io::Error),
    /// The file is not in the format of `make run` and `make outputs`.
    #[error("the outputs file cannot be used")]
    Outputs(#[from] InputError),
    /// A deployment on AWS has no default marketplace.
    #[error("--marketplace is required: this deployment has no demo marketplace")]
    NoMarketplace,
    /// The outputs lack a value that this version of the program needs.
    #[error("the outputs file does not name the {0}: generate it again from the deployment's outputs")]
    Lacks(&'static str),
    /// The secret that keys digests of addresses cannot be read.
    #[error("a buyer cannot be found without the deployment's secret")]
    Secret(#[from] SecretsError),
    /// The secret has another value than the template generates.
    #[error("a buyer cannot be found without the deployment's secret")]
    ShortSecret(#[from] ShortSecret),
}

/// The outputs that the command line uses; the file can have more.
#[derive(Debug, Deserialize)]
struct Outputs {
    /// The endpoint of AWS, if it is not AWS itself.
    #[serde(default)]
    endpoint_url: Option<Url>,
    region: String,
    bus: String,
    table: String,
    /// The queues by app. Unknown apps are ignored.
    queues: BTreeMap<String, String>,
    /// The dead-letter queues by app.
    dlqs: BTreeMap<String, String>,
    facts_queue_url: String,
    /// The ARNs of the functions by handler.
    functions: BTreeMap<String, String>,
    kms_key_id: String,
    /// The ARN of the secret that keys digests of addresses.
    #[serde(default)]
    digest_secret_arn: Option<String>,
    /// The URL of the management API.
    #[serde(default)]
    api_url: Option<Url>,
    /// The sources of the facts that the deployment's bus rules match, separated by commas.
    #[serde(default)]
    source: Option<String>,
    /// The schedule group of the prospects' timers.
    schedule_group: String,
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
    /// Reads the outputs file. No request is made.
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

    /// The marketplace of the command.
    pub(crate) fn marketplace(&self) -> Result<MarketplaceId, StackError> {
        let demo = self.outputs.demo.as_ref().map(|demo| &demo.marketplace_id);
        self.asked_for().or(demo).cloned().ok_or(StackError::NoMarketplace)
    }

    /// The marketplace of the command, if the operator gave one.
    pub(crate) fn asked_for(&self) -> Option<&MarketplaceId> {
        self.asked_for.as_ref()
    }

    /// The URL of local AWS, if the deployment is on this machine.
    pub(crate) fn local(&self) -> Option<&Url> {
        self.outputs.endpoint_url.as_ref().filter(|endpoint| is_this_machine(endpoint))
    }

    /// The sources that facts may have.
    pub(crate) fn sources(&self) -> Result<Sources, StackError> {
        let sources =
            self.outputs.source.as_deref().ok_or(StackError::Lacks("sources of facts (`source`)"))?;
        Ok(sources.parse().unwrap_or_else(|error: Infallible| match error {}))
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

    /// The deployment, with the operator as the author of changes.
    pub(crate) fn engine(&self) -> Result<Engine, StackError> {
        let Outputs { table, kms_key_id, bus, facts_queue_url, schedule_group, .. } = &self.outputs;
        let days = self.outputs.log_ttl_days.unwrap_or(LOG_TTL_DAYS);
        let prospects = self.outputs.functions.get("prospects");
        let resources = Resources {
            table: table.clone(),
            log_ttl: SignedDuration::from_hours(days * 24),
            kms_key: kms_key_id.clone(),
            bus: bus.clone(),
            queues: by_app(&self.outputs.queues),
            dead_letters: by_app(&self.outputs.dlqs),
            facts_queue: facts_queue_url.clone(),
            schedule_group: schedule_group.clone(),
            connectors: by_app(&self.outputs.functions),
            prospects: prospects.ok_or(StackError::Lacks("function `prospects`"))?.clone(),
            sources: self.sources()?,
        };
        Ok(Engine::new(&self.sdk, resources).by(Author::Operator))
    }

    /// The secret that keys digests of addresses. Reading it needs a permission of its own.
    pub(crate) async fn digest_secret(&self) -> Result<DigestSecret, StackError> {
        let arn = self.outputs.digest_secret_arn.as_ref();
        let arn = arn.ok_or(StackError::Lacks("secret of the digests (`digest_secret_arn`)"))?;
        let secret = Secrets::new(&self.sdk).get(arn).await?;
        Ok(secret.expose_secret().parse()?)
    }

    /// The key of the buyer with this address, in the marketplace of the command.
    pub(crate) async fn buyer(&self, email: &Email) -> Result<BuyerKey, StackError> {
        let m = self.marketplace()?;
        Ok(BuyerKey::of_email(&self.digest_secret().await?, &m, email.as_str()))
    }
}

/// The resources of the known apps. The outputs of another version can name others.
fn by_app(named: &BTreeMap<String, String>) -> BTreeMap<App, String> {
    named.iter().filter_map(|(app, value)| Some((app.parse().ok()?, value.clone()))).collect()
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

/// Parses the outputs, or returns the error.
fn of_value(value: Value) -> Result<Outputs, String> {
    const NEEDED: [&str; 9] = [
        "region",
        "bus",
        "table",
        "queues",
        "dlqs",
        "facts_queue_url",
        "schedule_group",
        "functions",
        "kms_key_id",
    ];
    let Value::Object(fields) = &value else {
        return Err(format!(
            "it must be an object, as `make run` or `make outputs` writes it, and is {}",
            kind(&value)
        ));
    };
    let missing: Vec<_> = NEEDED.into_iter().filter(|field| !fields.contains_key(*field)).collect();
    if !missing.is_empty() {
        return Err(format!(
            "it does not describe a deployment: `{}` is missing; generate it again from the deployment's outputs",
            missing.join("`, `")
        ));
    }
    serde_path_to_error::deserialize(value)
        .map_err(|error| format!("`{}` has a value of the wrong type", error.path()))
}

/// Region and endpoint are those of the file, so that a shell that is configured for another account cannot misdirect a
/// command.
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
            // Local AWS accepts only its own root user, and keys of a real account must not be sent to it.
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
        "dlqs": {}, "facts_queue_url": "http://localhost:4566/facts", "schedule_group": "g", "functions": {},
        "kms_key_id": "arn:aws:kms:us-east-1:000000000000:key/1", "source": "commerce", "demo": {"marketplace_id": "demo"}}"#;

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
        let error = stack(OUTPUTS, None).await.engine().unwrap_err();
        assert!(error.to_string().contains("does not name the function `prospects`"), "{error}");
        let named = OUTPUTS.replace(r#""functions": {"#, r#""functions": {"prospects": "arn:p""#);
        let named = stack(&named, None).await.engine().map(|_| ());
        assert!(named.is_ok(), "{named:?}");
    }

    #[test]
    fn a_file_that_is_no_deployment_is_told_what_is_wrong_with_it() {
        let wrong = |text: &str| of_value(serde_json::from_str(text).unwrap()).unwrap_err();
        assert_eq!(
            wrong("[]"),
            "it must be an object, as `make run` or `make outputs` writes it, and is a list"
        );
        let missing = "it does not describe a deployment: `bus`, `table`, `queues`, `dlqs`, \
                       `facts_queue_url`, `schedule_group`, `functions`, `kms_key_id` is missing; \
                       generate it again from the deployment's outputs";
        assert_eq!(wrong(r#"{"region": "us-east-1"}"#), missing);
        let text = OUTPUTS.replace(r#""http://x/""#, "7");
        assert_eq!(wrong(&text), "`queues.an_app_of_next_year` has a value of the wrong type");
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
