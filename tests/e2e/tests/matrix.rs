//! Every route of the API, as the deployed API documents it, with every caller that lacks the permission.

mod sample;

use domain::app::App;
use domain::id::IntegrationId;
use domain::trigger::Trigger;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use self::sample::{Route, routes};
use crate::stack::{Caller, Opens, Sample, Shop, now};

/// Operations that only read, although they have a body.
const QUESTIONS: [&str; 3] = ["dry_run", "lint", "preview"];

/// The number of simultaneous calls.
const AT_ONCE: usize = 4;
/// Parameters that do not identify a merchant's record.
const NOBODYS: [&str; 3] = ["app", "list", "trigger"];

/// The other merchant, with a record of every kind that an id can name.
struct Theirs {
    shop: Shop,
    integration: String,
    rule: String,
    event: String,
    job: String,
    session: String,
    product: String,
    email: String,
}

impl Theirs {
    async fn new(name: &str) -> Self {
        let shop = Shop::open(name).await;
        let store = &shop.engine.store;
        let account = store.integration(&shop.id, &Shop::account(App::WEBHOOK), now()).await;
        let mut account = account.expect("the table").expect("an account");
        account.id = IntegrationId::new("int_of_somebody_else").expect("an id");
        "Another shop's".clone_into(&mut account.label);
        store.save_integration(&account, now()).await.expect("saved");
        let tell = json!({ "action": "send_notify_url_post_for_orders" });
        let rule = shop.rule("of_somebody_else", Trigger::OrderCompleted, App::WEBHOOK, tell).await;
        let email = "another.buyer@matrix.example.com";
        let order = Sample::read("order-completed.one-item").id("order-of-another-shop").email(email).now();
        let event = shop.publish([order.with("/items/0/product_id", "product-of-another-shop")]).await[0];
        let job = shop.ended(event, 1).await.remove(0).id;
        let (session, _) = shop.engine.session(shop.id.as_str(), "write", 3600).await;
        Self {
            integration: account.id.to_string(),
            rule: rule.to_string(),
            event: event.to_string(),
            job: job.to_string(),
            session,
            product: "product-of-another-shop".to_owned(),
            email: email.to_owned(),
            shop,
        }
    }

    /// Their record of the kind that a parameter names by an id, which is unique to them.
    fn id(&self, parameter: &str) -> Option<&str> {
        Some(match parameter {
            "integration" => &self.integration,
            "rule" => &self.rule,
            "event" => &self.event,
            "job" => &self.job,
            "session" => &self.session,
            _ => return None,
        })
    }

    /// The same, and names that merchants can share: two merchants may sell a product with the same name, or sell to
    /// the same buyer.
    fn named(&self, parameter: &str) -> Option<&str> {
        Some(match parameter {
            "product_id" => &self.product,
            "email" | "buyer" => &self.email,
            _ => return self.id(parameter),
        })
    }

    /// Their stored records.
    async fn everything(&self) -> Value {
        let Shop { engine, id: m, .. } = &self.shop;
        let integrations = engine.store.integrations(m, now()).await.expect("the table");
        let rules = engine.store.rules(m, now()).await.expect("the table");
        let (event, jobs) = self.shop.event(self.event.parse().expect("an id")).await;
        json!([integrations, rules, event, jobs])
    }

    /// Texts that no other caller may see, unless the caller sent them.
    fn told<'a>(&'a self, said: &str, asked: &str) -> Vec<&'a str> {
        let of = [
            self.shop.id.as_str(),
            &self.integration,
            &self.rule,
            &self.event,
            &self.job,
            &self.session,
            &self.product,
            &self.email,
            "Another shop's",
            "order-of-another-shop",
        ];
        of.into_iter().filter(|secret| said.contains(secret) && !asked.contains(secret)).collect()
    }
}

/// Calls every route that `of` chooses, and collects the errors.
async fn all<'a>(
    routes: &'a [Route],
    of: impl Fn(&Route) -> bool,
    wrong: impl AsyncFn(&'a Route) -> Option<String>,
) {
    let chosen: Vec<_> = routes.iter().filter(|route| of(route)).collect();
    assert!(!chosen.is_empty(), "no route to call");
    let calls = stream::iter(chosen).map(|route| wrong(route)).buffered(AT_ONCE);
    let found: Vec<String> = calls.filter_map(async |wrong| wrong).collect().await;
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

async fn ours(name: &str) -> (Shop, Vec<Route>) {
    let shop = Shop::open(name).await;
    let document = shop.engine.call(Caller::Nobody, "GET", "/openapi.json", None).await.expect(200);
    (shop, routes(&document))
}

async fn refused(shop: &Shop, route: &Route, caller: Caller<'_>, status: u16, who: &str) -> Option<String> {
    let path = route.path(|_| None);
    let answer = shop.engine.call(caller, &route.method, &path, route.body.as_ref()).await;
    let fits = answer.status.as_u16() == status;
    (!fits).then(|| {
        format!("{who}: {} {path} answered {} for {status}: {}", route.method, answer.status, answer.text)
    })
}

#[tokio::test]
async fn no_merchants_route_is_open_without_a_good_token() {
    let (shop, routes) = ours("matrix-tokens").await;
    let (revoked, revoked_token) = shop.engine.session(shop.id.as_str(), "write", 3600).await;
    let path = format!("/operator/marketplaces/{}/sessions/{revoked}", shop.id);
    shop.engine.call(Caller::Operator, "DELETE", &path, None).await.expect(204);
    let (_, expired) = shop.engine.session(shop.id.as_str(), "write", 1).await;
    crate::stack::until("the end of the session", async || {
        let answer = shop.engine.call(Caller::Token(&expired), "GET", "/v1/apps", None).await;
        (answer.status.as_u16() == 401).then_some(())
    })
    .await;
    let (_, good) = shop.engine.session(shop.id.as_str(), "write", 3600).await;
    let (_, of_another) = shop.engine.session("matrix-another", "write", 3600).await;
    // The claims of one token with the signature of another.
    let (claims, signature) =
        (good.rsplit_once('.').expect("a token"), of_another.rsplit_once('.').expect("a token"));
    let forged = format!("{}.{}", signature.0, claims.1);
    for (who, caller) in [
        ("no credentials", Caller::Nobody),
        ("garbage", Caller::Token("garbage")),
        ("a forged token", Caller::Token(&forged)),
        ("an expired token", Caller::Token(&expired)),
        ("a revoked token", Caller::Token(&revoked_token)),
        ("the operator", Caller::Operator),
    ] {
        let one = async |route| refused(&shop, route, caller, 401, who).await;
        all(&routes, Route::is_of_merchants, one).await;
    }
}

#[tokio::test]
async fn no_operators_route_is_open_to_anybody_else() {
    let (shop, routes) = ours("matrix-operator").await;
    let (_, token) = shop.engine.session(shop.id.as_str(), "write", 3600).await;
    for (who, caller) in [
        ("no credentials", Caller::Nobody),
        ("garbage", Caller::Token("garbage")),
        ("a merchant", Caller::Token(&token)),
    ] {
        let one = async |route| refused(&shop, route, caller, 403, who).await;
        all(&routes, Route::is_of_the_operator, one).await;
    }
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let (shop, routes) = ours("matrix-read").await;
    let (_, token) = shop.engine.session(shop.id.as_str(), "read", 3600).await;
    let changes = |route: &Route| {
        let is_question = QUESTIONS.iter().any(|word| route.template.ends_with(word));
        route.is_of_merchants() && route.method != "GET" && !is_question
    };
    let one = async |route| refused(&shop, route, Caller::Token(&token), 403, "a reader").await;
    all(&routes, changes, one).await;
}

#[tokio::test]
async fn what_is_another_merchants_is_not_there_and_no_answer_speaks_of_it() {
    let theirs = Theirs::new("matrix-theirs").await;
    let (shop, routes) = ours("matrix-ours").await;
    let (_, token) = shop.engine.session(shop.id.as_str(), "write", 3600).await;
    let before = theirs.everything().await;
    let one = async |route: &Route| {
        let unknown = |name: &&String| theirs.named(name).is_none() && !NOBODYS.contains(&name.as_str());
        if let Some(parameter) = route.parameters.iter().find(unknown) {
            return Some(format!("{}: add the owner of `{parameter}` here", route.template));
        }
        let names_theirs = route.parameters.iter().any(|name| theirs.id(name).is_some());
        // A change that names no record concerns the caller's own.
        let mut names = route.parameters.iter().chain(&route.queries);
        if names.all(|name| theirs.named(name).is_none()) && route.method != "GET" {
            return None;
        }
        let path = route.path(|name| theirs.named(name));
        let path = format!("{path}{}", route.query(|name| theirs.named(name)));
        let answer = shop.engine.call(Caller::Token(&token), &route.method, &path, route.body.as_ref()).await;
        let told = theirs.told(&answer.text, &path);
        let is_there = names_theirs && answer.status.as_u16() != 404;
        (is_there || !told.is_empty() || answer.status.is_server_error()).then(|| {
            format!("{} {path} answered {}, with {told:?}: {}", route.method, answer.status, answer.text)
        })
    };
    // Reads run first, because a change may create a record of the caller's own with the name of theirs.
    all(&routes, |route| route.is_of_merchants() && route.method == "GET", one).await;
    all(&routes, |route| route.is_of_merchants() && route.method != "GET", one).await;
    assert_eq!(theirs.everything().await, before);
}

#[tokio::test]
async fn a_body_that_names_what_is_another_merchants_gets_nothing_of_it() {
    let theirs = Theirs::new("matrix-named").await;
    let (shop, routes) = ours("matrix-namer").await;
    let (_, token) = shop.engine.session(shop.id.as_str(), "write", 3600).await;
    let before = theirs.everything().await;
    let named = |field: &str| match field {
        // A stored rule, to dry-run or to validate.
        "id" => Some(theirs.rule.as_str()),
        "rule" | "integration" | "event" | "email" | "product_id" => theirs.named(field),
        _ => None,
    };
    let chosen = |route: &Route| route.is_of_merchants() && route.body_of(named).is_some();
    all(&routes, chosen, async |route| {
        let body = route.body_of(named).expect("a body");
        let path = route.path(|_| None);
        let answer = shop.engine.call(Caller::Token(&token), &route.method, &path, Some(&body)).await;
        let told = theirs.told(&answer.text, &body.to_string());
        // A replay of the caller's own actions may be empty, and a caller's own product may have the name of theirs;
        // every other call names one record, which does not exist for the caller.
        let is_own = path.ends_with("/replays") || path.ends_with("/products");
        let is_there = answer.status.is_success() && !is_own;
        (is_there || !told.is_empty() || answer.status.is_server_error()).then(|| {
            format!(
                "{} {path} {body} answered {}, with {told:?}: {}",
                route.method, answer.status, answer.text
            )
        })
    })
    .await;
    assert_eq!(theirs.everything().await, before);
}
