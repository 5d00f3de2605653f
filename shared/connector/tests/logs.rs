//! A connector's log lines: they contain the ids of each job, and no personal data, no secret and no content of a call
//! or a fact.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in a test")]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::bus::Bus;
use aws::queue::Queues;
use aws::secrets::Secrets;
use aws::store::Store;
use aws::vault::Vault;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use connector::accounts::Accounts;
use connector::app_pause::PauseCache;
use connector::batch;
use connector::call::{Access, Call, Connector, Identity};
use connector::circuit_breaker::Answered;
use connector::concurrency::Windows;
use connector::failed::KnownGroups;
use connector::http::HttpSettings;
use connector::oauth::{Authorizer, Registrar, TokenSource};
use connector::rate_limiter::RateLimiter;
use connector::testing::job;
use connector::worker::Worker;
use domain::app::App;
use domain::log::Status;
use domain::outcome::{Outcome, Reason, Setback};
use jiff::{SignedDuration, Timestamp};
use runtime::metrics::{self, About, Metric};
use runtime::{clock, logs};
use serde_json::{Value, json};

/// A batch in which AWS KMS hangs takes three seconds at most.
const LONGEST: Duration = Duration::from_secs(15);
const WEBHOOK: About = About::App(App::WEBHOOK);
/// Texts that no log line may contain.
const PRIVATE: [&str; 5] = ["ada@example.com", "Lovelace", "+44 20", "k3y-of-the-account", "paid by card"];

/// The part of AWS that fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Fails {
    #[default]
    Nothing,
    Table,
    Kms,
    /// AWS KMS does not respond at all.
    KmsHangs,
    /// AWS KMS returns a plaintext that is not a JSON object of credentials.
    Credentials,
}

/// The part of AWS that a worker uses: one connected account, and on demand a part that fails.
#[derive(Debug, Clone, Default)]
struct FakeAws {
    fails: Arc<Mutex<Fails>>,
    /// The number of notifications of the operator.
    told: Arc<Mutex<usize>>,
    /// The number of calls of the app.
    called: Arc<Mutex<usize>>,
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.split('.').nth(1).unwrap_or_default();
        let fails = *self.fails.lock().unwrap();
        *self.told.lock().unwrap() += usize::from(operation == "PutEvents");
        if operation == "PutEvents" && body.contains("Actions Failed") {
            assert!(!body.contains("ada@example.com") && !body.contains("Lovelace"), "{body}");
        }
        let (status, answer) = match operation {
            "GetItem" if body.contains("INTEGRATION#") => {
                (200, json!({ "Item": attribute(&account())["M"] }))
            }
            "PutItem" if fails == Fails::Table => {
                (500, json!({ "__type": "InternalServerError", "message": "try again" }))
            }
            "Decrypt" if fails == Fails::Kms => {
                (400, json!({ "__type": "ThrottlingException", "message": "slow down" }))
            }
            "Decrypt" if fails == Fails::KmsHangs => return HttpConnectorFuture::new(std::future::pending()),
            "Decrypt" if fails == Fails::Credentials => (200, json!({ "Plaintext": "ImszeSI=" })),
            "UpdateItem" if body.contains("INTEGRATION#") => {
                (200, json!({ "Attributes": attribute(&account())["M"] }))
            }
            "Decrypt" => {
                // {"api_key":"k3y-of-the-account"}
                (200, json!({ "Plaintext": "eyJhcGlfa2V5IjoiazN5LW9mLXRoZS1hY2NvdW50In0=" }))
            }
            "PutEvents" => (200, json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] })),
            _ => (200, json!({})),
        };
        let status = status.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, answer.to_string().into())))
    }
}

fn account() -> Value {
    json!({
        "pk": "shop-1",
        "sk": "INTEGRATION#int_1",
        "id": "int_1",
        "marketplace": "shop-1",
        "app": "webhook",
        "label": "Main",
        "method": "address",
        "connection": { "state": "connected" },
        "health": { "failures": 0, "pauses": 0 },
        "credentials": "c2VhbGVk",
        "created_at": "2026-11-01T00:00:00Z",
        "updated_at": "2026-11-01T00:00:00Z",
    })
}

/// JSON in DynamoDB's format.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            json!({ "M": map.iter().map(|(key, value)| (key.clone(), attribute(value))).collect::<serde_json::Map<_, _>>() })
        }
        Value::String(text) => json!({ "S": text }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        other => panic!("{other}"),
    }
}

/// An app with the outcome that the job's action names, which quotes the contact in every text.
struct Indiscreet(Arc<Mutex<usize>>);

impl Connector for Indiscreet {
    fn app(&self) -> App {
        App::WEBHOOK
    }
    async fn perform(&self, call: &Call<'_>) -> Outcome {
        *self.0.lock().unwrap() += 1;
        let reason = Reason::new(format!("{:?} {PRIVATE:?}", call.job.contact));
        match call.job.action.as_str() {
            "done" => Outcome::Done { note: Some(reason.message) },
            "later" => Setback::Transient { reason }.into(),
            "limited" => {
                Setback::RateLimited { until: call.now + SignedDuration::from_hours(1), reason }.into()
            }
            "refused" => Setback::ReconnectNeeded { reason }.into(),
            "rejected" => Setback::Rejected { reason }.into(),
            _ => panic!("{:?}", call.job),
        }
    }

    async fn identify(&self, _access: &Access<'_>) -> Result<Identity, Setback> {
        Ok(Identity::default())
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

fn message(body: String, sent_at: Timestamp) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some("m-1".to_owned());
    message.receipt_handle = Some("r-1".to_owned());
    message.body = Some(body);
    message.attributes.insert("SentTimestamp".to_owned(), sent_at.as_millisecond().to_string());
    message
}

fn worker(sdk: &SdkConfig, connector: Indiscreet) -> Worker<Indiscreet> {
    let store = Store::new(sdk, "table", SignedDuration::from_hours(24));
    let vault = Vault::new(sdk, "key".to_owned());
    Worker {
        connector,
        accounts: Accounts::new(store.clone(), vault.clone()),
        authorizer: Authorizer::new(
            App::WEBHOOK,
            TokenSource::new(App::WEBHOOK, store.clone(), vault),
            Registrar::new(Secrets::new(sdk), "oauth", App::WEBHOOK),
            HttpSettings::default(),
        ),
        answered: Answered::default(),
        rates: RateLimiter::default(),
        windows: Windows::default(),
        pauses: PauseCache::of(App::WEBHOOK),
        failed: KnownGroups::default(),
        bus: Bus::new(sdk, "bus".to_owned()),
        schedule: "5,60".parse().unwrap(),
        lease: Duration::from_secs(30),
        store,
    }
}

/// Handles one message and returns its log lines, parsed; none may contain anything private.
async fn run(
    aws: &FakeAws,
    lines: &Lines,
    body: String,
    sent_at: Timestamp,
) -> (Vec<Value>, metrics::Numbers) {
    let connector = SharedHttpConnector::new(aws.clone());
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    let queues = Queues::new(&sdk, [(App::WEBHOOK, "https://sqs.test/queue".to_owned())].into());
    let mut event = SqsEvent::default();
    event.records.push(message(body, sent_at));
    let worker = worker(&sdk, Indiscreet(aws.called.clone()));
    let batch = batch::perform(&worker, &queues, event, Timestamp::MAX);
    let (ended, numbers) = metrics::gather(tokio::time::timeout(LONGEST, batch)).await;
    ended.expect("a batch ends although a part of AWS hangs");
    let text = lines.take();
    for private in PRIVATE {
        assert!(!text.contains(private), "`{private}` is in the log: {text}");
    }
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), numbers)
}

#[tokio::test]
async fn lines_name_the_job_and_never_the_person() {
    let lines = Lines::default();
    let out = lines.clone();
    let _logging = tracing::subscriber::set_default(logs::subscriber("info", move || out.clone()));
    let ours = std::panic::take_hook();
    logs::report_panics();

    let aws = FakeAws::default();
    let mut seen = Vec::new();
    for (action, fails, status) in [
        ("done", Fails::Nothing, Some(Status::Performed)),
        ("later", Fails::Nothing, Some(Status::Retrying)),
        ("limited", Fails::Nothing, Some(Status::RateLimited)),
        ("refused", Fails::Nothing, Some(Status::Held)),
        ("rejected", Fails::Nothing, Some(Status::Rejected)),
        ("panics", Fails::Nothing, Some(Status::Retrying)),
        ("done", Fails::Table, None),
        ("done", Fails::Kms, Some(Status::Retrying)),
        ("done", Fails::KmsHangs, Some(Status::Retrying)),
        ("done", Fails::Credentials, Some(Status::Held)),
    ] {
        *aws.fails.lock().unwrap() = fails;
        *aws.told.lock().unwrap() = 0;
        *aws.called.lock().unwrap() = 0;
        let mut job = job(App::WEBHOOK, action, json!({}));
        job.contact.phone = Some("+44 20 7946 0000".to_owned());
        job.payload = Some(json!({ "note": "paid by card" }).into());
        let (lines, numbers) = run(&aws, &lines, serde_json::to_string(&job).unwrap(), clock::now()).await;
        let called = usize::from(fails == Fails::Nothing);
        assert_eq!(*aws.called.lock().unwrap(), called, "{action} {fails:?}");
        let is_told = matches!(status, Some(Status::Held | Status::Rejected));
        assert_eq!(
            *aws.told.lock().unwrap(),
            usize::from(is_told),
            "{action} {fails:?}: the operator is notified of refused credentials and failed actions"
        );
        seen.push((action, fails, status, job, lines, numbers));
    }
    // A contact where text should be: serde would quote it.
    let poison =
        json!({ "v": "1", "id": "ada@example.com", "contact": "Lovelace, paid by card" }).to_string();
    let (poisoned, numbers) = run(&aws, &lines, poison, clock::now()).await;
    std::panic::set_hook(ours);

    for (action, fails, status, job, lines, numbers) in seen {
        let counts = |metric| numbers.of(WEBHOOK, metric).len();
        assert_eq!(counts(Metric::Panics), usize::from(action == "panics"), "{action}");
        assert_eq!(counts(Metric::TableFailures), usize::from(fails == Fails::Table), "{fails:?}");
        if let Some(status) = status {
            assert_eq!(numbers.of(WEBHOOK, Metric::Outcome(status)), [1], "{action} {fails:?}");
        }
        assert!(!lines.is_empty(), "{action} logs nothing");
        if fails == Fails::KmsHangs {
            // The client's own limit, not the SDK's limit for a connection without progress.
            assert!(lines.iter().any(|line| line.to_string().contains("after 1.5s")), "{lines:?}");
        }
        for line in lines {
            let of = |key: &str| line["span"][key].as_str().unwrap_or_default().to_owned();
            assert_eq!((of("job"), of("event")), (job.id.to_string(), job.id.event.to_string()), "{line}");
            assert_eq!(
                [of("marketplace"), of("app"), of("trigger"), of("action")],
                ["shop-1", "webhook", "product_purchased", action],
                "{line}"
            );
        }
    }
    let [line] = poisoned.as_slice() else { panic!("{poisoned:?}") };
    assert_eq!((&line["level"], &line["message_id"]), (&json!("ERROR"), &json!("m-1")));
    assert_eq!(numbers.of(WEBHOOK, Metric::Poison), [1]);
}

#[tokio::test]
async fn a_message_that_waited_on_its_queue_is_performed_only_if_its_rule_still_exists() {
    let lines = Lines::default();
    let out = lines.clone();
    let _logging = tracing::subscriber::set_default(logs::subscriber("info", move || out.clone()));
    let body = serde_json::to_string(&job(App::WEBHOOK, "done", json!({}))).unwrap();
    for (minutes, status) in [(0, Status::Performed), (2, Status::Canceled)] {
        let sent_at = clock::now() - SignedDuration::from_mins(minutes);
        // The table has no such rule.
        let (_, numbers) = run(&FakeAws::default(), &lines, body.clone(), sent_at).await;
        assert_eq!(numbers.of(WEBHOOK, Metric::Outcome(status)), [1], "{minutes}");
    }
}
