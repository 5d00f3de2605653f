//! OAuth tokens on the real table and key: one refresh at a time, even after failures.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::store::Swapped;
use connector::oauth::{NewTokens, Pace, RefreshError, RefreshToken, TokenError, TokenSource};
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::outcome::{Reason, Setback};
use domain::token::Tokens;
use futures::future::{join_all, pending};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};

use crate::stack::{Engine, Stacks, now, until};

/// A lease that expires only if a function is gone, even on a busy machine.
const PACE: Pace = Pace {
    lease: Duration::from_mins(5),
    answer: Duration::from_mins(2),
    patience: Duration::from_mins(10),
    poll: Duration::from_millis(50),
    rest: Duration::from_millis(100),
};
/// The pace of a function that receives no response.
const SHORT: Pace = Pace { lease: Duration::from_secs(6), answer: Duration::from_secs(2), ..PACE };

/// An app's token endpoint: each refresh token works once; with `reuse`, old tokens work too.
#[derive(Debug)]
struct Endpoint {
    reuse: bool,
    /// The refresh tokens of its requests.
    asked: Mutex<Vec<String>>,
}

impl Endpoint {
    fn new(reuse: bool) -> Arc<Self> {
        Arc::new(Self { reuse, asked: Mutex::default() })
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("a test's").len()
    }

    /// Pair number 1 was issued when the account was connected.
    async fn refresh(&self, token: RefreshToken) -> Result<NewTokens, RefreshError> {
        // Long enough for all functions to need a token in the meantime.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut asked = self.asked.lock().expect("a test's");
        let used = asked.iter().any(|used| used == token.expose_secret());
        asked.push(token.expose_secret().to_owned());
        if used && !self.reuse {
            let reason = Reason::new("The app refuses the refresh token.");
            return Err(RefreshError::Refused(reason.hint("Connect the integration again.")));
        }
        Ok(pair(asked.len() + 1, SignedDuration::from_hours(1)))
    }
}

fn pair(number: usize, expires_in: SignedDuration) -> NewTokens {
    NewTokens {
        access: SecretString::from(format!("access-{number}")),
        refresh: RefreshToken::new(format!("refresh-{number}")),
        expires_in,
    }
}

/// A connector's future moves between threads, so the futures that it awaits must be `Send`, including closures that
/// borrow.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// Stores a pair as a login does.
pub(crate) async fn stored(
    engine: &Engine,
    m: &MarketplaceId,
    id: &IntegrationId,
    source: &TokenSource,
    new: &NewTokens,
) {
    let pair = source.sealed(m, id, new, now()).await.expect("sealed");
    let before = engine.store.tokens(m, id, now()).await.expect("the table");
    let tokens = Tokens::connected(before.as_ref(), pair, format!("connected at {}", now()));
    let swapped = engine.store.swap_tokens(m, id, before.as_ref(), &tokens).await.expect("the table");
    assert_eq!(swapped, Swapped::Done);
}

/// An account whose access token has expired.
struct Account {
    engine: Engine,
    marketplace: MarketplaceId,
    integration: IntegrationId,
}

impl Account {
    async fn connected(name: &str) -> Self {
        let account = Self {
            engine: Engine::shared().await,
            marketplace: MarketplaceId::new(name).expect("an id"),
            integration: IntegrationId::new("int_oauth").expect("an id"),
        };
        account.connect(&pair(1, SignedDuration::ZERO)).await;
        account
    }

    async fn connect(&self, new: &NewTokens) {
        stored(&self.engine, &self.marketplace, &self.integration, &self.function(), new).await;
    }

    /// Another Lambda function, which shares only the table and the key.
    fn function(&self) -> TokenSource {
        TokenSource::new(App::MAILCHIMP, self.engine.store.clone(), self.engine.vault.clone()).at(PACE)
    }

    async fn access(&self, function: &TokenSource, endpoint: &Endpoint) -> Result<String, TokenError> {
        let ask = |token| endpoint.refresh(token);
        let token = function.access(&self.marketplace, &self.integration, now(), ask).await?;
        Ok(token.expose_secret().to_owned())
    }

    /// A function that stops after the app's response, before it could store the new pair.
    async fn crash(&self, endpoint: &Endpoint) {
        let function = self.function().at(SHORT);
        let (answered, told) = tokio::sync::oneshot::channel();
        let ask = async |token| {
            endpoint.refresh(token).await.expect("a pair");
            answered.send(()).expect("heard");
            pending().await
        };
        let access = function.access(&self.marketplace, &self.integration, now(), ask);
        tokio::select! {
            _ = access => panic!("the app never finished its answer"),
            heard = told => heard.expect("the app was asked"),
        }
    }

    async fn many_at_once(&self, count: usize) {
        let endpoint = Endpoint::new(false);
        let functions: Vec<_> = (0..count).map(|_| self.function()).collect();
        let access = |function| sendable(self.access(function, &endpoint));
        for access in join_all(functions.iter().map(access)).await {
            assert_eq!(access.expect("a token"), "access-2");
        }
        assert_eq!(endpoint.asked(), 1);
        // The new pair is stored: later callers use it and its refresh token.
        assert_eq!(self.access(&self.function(), &endpoint).await.expect("a token"), "access-2");
        assert_eq!(endpoint.asked(), 1);
    }
}

#[tokio::test]
async fn two_functions_that_need_a_token_at_once_make_one_refresh() {
    Account::connected("oauth-two").await.many_at_once(2).await;
}

#[tokio::test]
async fn ten_functions_that_need_a_token_at_once_make_one_refresh() {
    Account::connected("oauth-ten").await.many_at_once(10).await;
}

#[tokio::test]
async fn the_jobs_of_one_batch_make_one_refresh() {
    let account = Account::connected("oauth-batch").await;
    let (endpoint, function) = (Endpoint::new(false), account.function());
    let found = join_all((0..10).map(|_| account.access(&function, &endpoint))).await;
    assert!(found.into_iter().all(|access| access.expect("a token") == "access-2"));
    assert_eq!(endpoint.asked(), 1);
}

#[tokio::test]
async fn a_crash_before_storing_is_survived_where_the_app_takes_the_old_token_again() {
    let account = Account::connected("oauth-reuse").await;
    let endpoint = Endpoint::new(true);
    account.crash(&endpoint).await;
    assert_eq!(account.access(&account.function(), &endpoint).await.expect("a token"), "access-3");
    assert_eq!(*endpoint.asked.lock().expect("a test's"), ["refresh-1", "refresh-1"]);
}

#[tokio::test]
async fn a_crash_before_storing_asks_for_a_reconnect_with_its_reason_where_the_app_does_not() {
    let account = Account::connected("oauth-strict").await;
    let endpoint = Endpoint::new(false);
    account.crash(&endpoint).await;
    let functions: Vec<_> = (0..3).map(|_| account.function()).collect();
    let found = join_all(functions.iter().map(|function| account.access(function, &endpoint))).await;
    for access in found {
        let Setback::ReconnectNeeded { reason } = access.expect_err("no token").into() else {
            panic!("not what a merchant can act on")
        };
        assert!(reason.message.contains("new tokens that could not be stored"), "{reason:?}");
        assert!(reason.hint.is_some(), "{reason:?}");
    }
    assert_eq!(endpoint.asked(), 2, "a rejected token is not used by every function");

    account.connect(&pair(7, SignedDuration::from_hours(1))).await;
    assert_eq!(account.access(&functions[0], &endpoint).await.expect("a token"), "access-7");
}

#[tokio::test]
async fn a_token_that_the_app_refuses_before_its_time_is_renewed_once_for_all() {
    let account = Account::connected("oauth-renewed").await;
    let (endpoint, functions) = (Endpoint::new(false), [account.function(), account.function()]);
    for function in &functions {
        assert_eq!(account.access(function, &endpoint).await.expect("a token"), "access-2");
    }
    let refused = SecretString::from("access-2");
    let renewed = join_all(functions.iter().map(|function| {
        let ask = |token| endpoint.refresh(token);
        function.renewed(&account.marketplace, &account.integration, now(), &refused, ask)
    }));
    for access in renewed.await {
        assert_eq!(access.expect("a token").expose_secret(), "access-3");
    }
    assert_eq!(endpoint.asked(), 2);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_tried_again_and_remembered() {
    let account = Account::connected("oauth-silence").await;
    let function = account.function().at(SHORT);
    until("the end of the wait for an answer", async || {
        let silence = function.access(&account.marketplace, &account.integration, now(), |_| pending()).await;
        let error = silence.map(drop).expect_err("no token");
        matches!(Setback::from(error), Setback::Transient { .. }).then_some(())
    })
    .await;
    // The app is called again after a pause.
    let reason = until("the refusal", async || {
        let refuse = async |_| Err(RefreshError::Refused(Reason::new("The app refuses the refresh token.")));
        match account.function().access(&account.marketplace, &account.integration, now(), refuse).await {
            Ok(_) => panic!("no token was issued"),
            Err(TokenError::Reconnect { reason }) => Some(reason),
            Err(_) => None,
        }
    })
    .await;
    assert!(reason.message.contains("new tokens that could not be stored"), "{reason:?}");
}

#[tokio::test]
async fn the_table_holds_no_token_that_can_be_read_and_none_opens_for_another_account() {
    let account = Account::connected("oauth-sealed").await;
    let store = &account.engine.store;
    let tokens = store.tokens(&account.marketplace, &account.integration, now()).await;
    let tokens = tokens.expect("DynamoDB").expect("tokens");
    for sealed in [&tokens.access, &tokens.refresh] {
        let other = IntegrationId::new("int_other").expect("an id");
        account
            .engine
            .vault
            .decrypt(App::MAILCHIMP, &account.marketplace, &other, sealed)
            .await
            .expect_err("it does not open");
    }
    assert!(!format!("{tokens:?}").contains("access-1"));
}
