//! A connector's account with a stand-in that keeps state.

use domain::job::Job;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use sandbox::{Sandbox, Standing};
use serde_json::{Value, json};

use super::job;
use super::wire::Connect;
use crate::call::{Connector, Identity};
use crate::http::HttpSettings;

/// An account, and its stand-in. Jobs are for Ada+Shop@Example.com.
pub struct Account<C> {
    /// The stand-in.
    pub sandbox: Sandbox,
    connector: C,
    credentials: Value,
}

/// An action, its opposite and the settings of both.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// The action.
    pub on: &'a str,
    /// Its opposite.
    pub off: &'a str,
    /// The settings of both: a JSON object.
    pub settings: Value,
}

#[expect(clippy::expect_used, reason = "in a test")]
impl<C: Connector> Account<C> {
    /// Starts a stand-in of its own.
    ///
    /// # Panics
    /// No port is free.
    pub async fn new(connect: Connect<C>, credentials: Value) -> Self {
        let sandbox = Sandbox::start().await.expect("a port");
        let settings = HttpSettings::with_sandbox(&sandbox.url()).expect("an address");
        Self { connector: connect(&settings).expect("a connector"), sandbox, credentials }
    }

    /// A job for Ada.
    pub fn job(&self, action: &str, settings: Value) -> Job {
        let mut job = job::job(self.connector.app(), action, settings);
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        job
    }

    /// Performs a job at its first attempt.
    pub async fn run(&self, job: &Job) -> Outcome {
        job::attempt(&self.connector, job, self.credentials.clone(), 1).await
    }

    /// Performs an action for Ada.
    pub async fn perform(&self, action: &str, settings: Value) -> Outcome {
        self.run(&self.job(action, settings)).await
    }

    /// Performs an action for Ada with a tag whose name was typed by the merchant.
    pub async fn typed(&self, action: &str, tag: &str) -> Outcome {
        let typed = ["tag".to_owned()].into();
        self.run(&Job { typed, ..self.job(action, json!({ "tag": tag })) }).await
    }

    /// Asks the app whether Ada is as an action leaves her; `None`: it cannot be asked.
    ///
    /// # Panics
    /// The app does not answer.
    pub async fn is_as_set(&self, action: &str, settings: &Value) -> Option<bool> {
        let job = self.job(action, settings.clone());
        job::is_as_set(&self.connector, &job, self.credentials.clone()).await.expect("an answer")
    }

    /// Tests the connection with these credentials.
    pub async fn identify_as(&self, credentials: Value) -> Result<Identity, Setback> {
        job::identify(&self.connector, credentials).await
    }

    /// Reads an option list.
    pub async fn options(&self, list: &str) -> Result<Vec<OptionItem>, Setback> {
        job::options(&self.connector, self.credentials.clone(), list).await
    }

    /// Adds to the stand-in's state.
    ///
    /// # Panics
    /// The stand-in refuses the seed.
    pub fn seed(&self, seed: Value) {
        self.sandbox.seed(self.connector.app().key(), seed).expect("a seed");
    }

    /// The stand-in's state.
    ///
    /// # Panics
    /// The app has no stand-in.
    pub fn state(&self) -> Value {
        self.sandbox.state(self.connector.app().key()).expect("a state")
    }

    /// Makes the stand-in refuse a credential, or accept it again.
    ///
    /// # Panics
    /// The app has no stand-in.
    pub fn token(&self, token: &str, standing: Standing) {
        self.sandbox.token(self.connector.app().key(), token, standing).expect("a token");
    }

    /// Checks what every pair of actions guarantees, from any state: to undo an action that was never performed is not
    /// a failure, each action changes the state once however often it is performed, and it can be performed again after
    /// it was undone. If the app can be asked, it says which of the two was last. `shown` is the part of the state that
    /// the pair changes.
    ///
    /// # Panics
    /// The pair behaves differently.
    pub async fn comes_and_goes(&self, pair: &Pair<'_>, shown: impl Fn(&Value) -> Value) {
        let Pair { on, off, settings } = pair;
        let succeeds = async |action: &str, time: &str| {
            let outcome = self.perform(action, settings.clone()).await;
            assert!(!matches!(outcome, Outcome::Failed(_)), "{action}, {time}: {outcome:?}");
            for asked in [on, off] {
                let so = self.is_as_set(asked, settings).await;
                assert!(
                    so.is_none_or(|so| so == (action == *asked)),
                    "{asked} after {action}, {time}: {so:?}"
                );
            }
            (matches!(outcome, Outcome::Done { .. }), shown(&self.state()))
        };
        succeeds(off, "before it was given").await;
        let given = succeeds(on, "the first time").await;
        assert!(given.0, "{on} does something");
        assert_eq!(succeeds(on, "again").await.1, given.1, "{on} twice is {on} once");
        let taken = succeeds(off, "the first time").await;
        assert!(taken.0 && taken.1 != given.1, "{off} does something: {taken:?}");
        assert_eq!(succeeds(off, "again").await.1, taken.1, "{off} twice is {off} once");
        assert_eq!(succeeds(on, "after it was taken back").await, given);
        assert_eq!(succeeds(off, "in the end").await, taken);
    }

    /// Checks the number of entries of option lists.
    ///
    /// # Panics
    /// A list has more or fewer entries.
    pub async fn lists(&self, lists: &[(&str, usize)]) {
        for (list, count) in lists {
            assert_eq!(self.options(list).await.map(|items| items.len()), Ok(*count), "{list}");
        }
    }
}
