//! A connector in front of a server with prepared responses: checks its requests, and the outcome of each response.

use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::job::{self, NOW};
use super::stub::{Received, Reply, Stub};
use super::told::{assert_told, told};
use crate::call::{Connector, Identity};
use crate::http::{HttpSettings, HttpSetupError};

/// A function that builds a connector.
pub type Connect<C> = fn(&HttpSettings) -> Result<C, HttpSetupError>;

/// A connector, and the account that it is called for.
#[derive(Debug)]
pub struct Wire<C> {
    connect: Connect<C>,
    app: App,
    credentials: Value,
    base: &'static str,
}

/// Method and target of each request.
pub fn lines(received: &[Received]) -> Vec<String> {
    received.iter().map(Received::line).collect()
}

/// Responses that have the same meaning for every app's API: case, response, kind and text.
fn everywhere(app: App) -> Vec<(&'static str, Reply, &'static str, String)> {
    let said = |words: &str| words.to_owned();
    let label = app.label();
    vec![
        ("too many", Reply::status(429), "wait", said("no more calls")),
        ("slow", Reply::status(408), "retry", said("408")),
        ("fault", Reply::status(500), "retry", said("500")),
        ("gateway", Reply::text(502, "<html>"), "retry", said("502")),
        ("maintenance", Reply::status(503), "retry", said("503")),
        ("maintenance until", Reply::status(503).header("retry-after", "60"), "wait", said("no more calls")),
        ("edge", Reply::text(522, "<html>"), "retry", said("522")),
        ("firewall", Reply::text(403, "<h1>Attention"), "retry", said("403 Forbidden with a web page")),
        ("page", Reply::text(200, "<h1>Attention"), "retry", said("200 OK with a web page")),
        ("garbage", Reply::text(400, "<html>"), "retry", said("cannot be read")),
        ("redirect", Reply::status(302).header("location", "https://example.com/"), "retry", said("302")),
        ("silence", Reply::Silence, "retry", format!("{label} did not answer in time")),
        ("hang-up", Reply::HangUp, "retry", format!("The connection to {label} was interrupted")),
    ]
}

#[expect(clippy::expect_used, reason = "in a test")]
impl<C: Connector> Wire<C> {
    /// Uses these credentials. `base` is the prefix of every request's path; it is not shown.
    ///
    /// # Panics
    /// The connector cannot be built.
    pub fn new(connect: Connect<C>, credentials: Value, base: &'static str) -> Self {
        let app = connect(&HttpSettings::default()).expect("a connector").app();
        Self { connect, app, credentials, base }
    }

    async fn start(&self, replies: Vec<Reply>) -> (Stub, C) {
        let stub = Stub::start(replies).await.expect("a port");
        let connector = (self.connect)(&stub.settings()).expect("a connector");
        (stub, connector)
    }

    fn received(&self, stub: &Stub) -> Vec<Received> {
        let shown = |request: Received| {
            let target = request.target.strip_prefix(self.base).unwrap_or(&request.target).to_owned();
            Received { target, ..request }
        };
        stub.received().into_iter().map(shown).collect()
    }

    /// Checks that no credential is quoted, and nothing that a test calls a s3cret.
    fn assert_secrets_kept<T: Clone + Into<Outcome>>(&self, outcome: &T) {
        let told = told(outcome);
        let values =
            self.credentials.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
        let mut secrets = values.map(str::trim).filter(|value| value.len() > 5).chain(["s3cret"]);
        assert_eq!(secrets.find(|secret| told.contains(secret)), None, "{told}");
    }

    /// Performs a job at the attempt with this number.
    pub async fn nth(&self, attempt: u32, job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
        let (stub, connector) = self.start(replies).await;
        let outcome = job::attempt(&connector, job, self.credentials.clone(), attempt).await;
        self.assert_secrets_kept(&outcome);
        (outcome, self.received(&stub))
    }

    /// Performs a job at its first attempt.
    pub async fn perform(&self, job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
        self.nth(1, job, replies).await
    }

    /// Tests the connection.
    pub async fn identify(&self, replies: Vec<Reply>) -> (Result<Identity, Setback>, Vec<Received>) {
        let (stub, connector) = self.start(replies).await;
        let identity = job::identify(&connector, self.credentials.clone()).await;
        if let Err(refused) = &identity {
            self.assert_secrets_kept(refused);
        }
        (identity, self.received(&stub))
    }

    /// Reads an option list.
    pub async fn options(
        &self,
        list: &str,
        replies: Vec<Reply>,
    ) -> (Result<Vec<OptionItem>, Setback>, Vec<Received>) {
        let (stub, connector) = self.start(replies).await;
        let options = job::options(&connector, self.credentials.clone(), list).await;
        (options, self.received(&stub))
    }

    /// Checks the outcome of each response that comes after `before`, and that it ends the attempt: the app's own
    /// (case, response, kind, text), and those with the same meaning everywhere.
    ///
    /// # Panics
    /// A response has another outcome, is requested again, or is quoted although it has no message.
    pub async fn answers(&self, job: &Job, before: &[Reply], own: &[(&str, Reply, &str, &str)]) {
        let own =
            own.iter().map(|(case, reply, kind, words)| (*case, reply.clone(), *kind, (*words).to_owned()));
        for (case, reply, kind, words) in own.chain(everywhere(self.app)) {
            let case = format!("{case}: {} after {} answers", job.action, before.len());
            let (outcome, received) = self.perform(job, [before, &[reply]].concat()).await;
            assert_told(&outcome, kind, &words, &case);
            let told = told(&outcome);
            assert!(!told.contains(": |") && !told.contains(": ."), "{case}: an empty quotation: {told}");
            assert_eq!(received.len(), before.len() + 1, "{case}");
        }
    }

    /// Checks that no request of a job takes a web page with status 200 for an answer of the app. The job succeeds with
    /// `replies`.
    ///
    /// # Panics
    /// The job does not succeed with `replies`, or a page has another outcome than a retry.
    pub async fn takes_no_page(&self, job: &Job, replies: &[Reply]) {
        let (outcome, received) = self.perform(job, replies.to_vec()).await;
        assert!(!matches!(outcome, Outcome::Failed(_)), "{}: {outcome:?}", job.action);
        assert_eq!(received.len(), replies.len(), "{}", job.action);
        for place in 0..replies.len() {
            let page = Reply::text(200, "<html>Attention</html>");
            let (outcome, received) = self.perform(job, [&replies[..place], &[page]].concat()).await;
            assert_told(
                &outcome,
                "retry",
                "with a web page",
                &format!("{} after {place} answers", job.action),
            );
            assert_eq!(received.len(), place + 1, "{}", job.action);
        }
    }

    /// Checks the wait in seconds after each response that comes after `before`.
    ///
    /// # Panics
    /// The wait is different, or the outcome is not a wait.
    pub async fn waits(&self, job: &Job, before: &[Reply], answers: impl IntoIterator<Item = (Reply, i64)>) {
        for (reply, seconds) in answers {
            let case = format!("{reply:?}");
            let (outcome, _) = self.perform(job, [before, &[reply]].concat()).await;
            let Outcome::Failed(Setback::RateLimited { until, .. }) = outcome else {
                panic!("{case}: {outcome:?}")
            };
            assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(seconds), "{case}");
        }
    }

    /// Checks the outcome of jobs that cannot be sent: job, credentials, kind and text.
    ///
    /// # Panics
    /// A job has another outcome, or is sent.
    pub async fn unsent(&self, cases: impl IntoIterator<Item = (Job, Value, &str, &str)>) {
        for (job, credentials, kind, words) in cases {
            let account = Self { credentials, ..*self };
            let (outcome, received) = account.perform(&job, vec![]).await;
            assert_told(&outcome, kind, words, words);
            assert_eq!(received, [], "{words}");
        }
    }

    /// Checks the connector against its manifest: it performs every action and reads every list, and no others. `empty`
    /// is the response with an empty list.
    ///
    /// # Panics
    /// An action or list is missing, or is not in the manifest.
    pub async fn keeps_the_manifest(&self, job: impl Fn(&str) -> Job, empty: &[Reply]) {
        let manifest = Catalog::get().manifest(self.app).expect("a manifest");
        for action in &manifest.actions {
            let (outcome, received) = self.perform(&job(&action.key), vec![]).await;
            assert!(!received.is_empty(), "{}: {outcome:?}", action.key);
        }
        for list in &manifest.option_lists {
            let (pulled, _) = self.options(&list.key, empty.to_vec()).await;
            assert_eq!(pulled, Ok(vec![]), "{}", list.key);
        }
        let (outcome, received) = self.perform(&job::job(self.app, "send_fax", json!({})), vec![]).await;
        assert_told(&outcome, "rejected", "no action `send_fax`", "an unknown action");
        let (pulled, asked) = self.options("faxes", vec![]).await;
        assert_told(&pulled.expect_err("an unknown list"), "rejected", "no option list `faxes`", "list");
        assert_eq!([received, asked].concat(), []);
    }
}
