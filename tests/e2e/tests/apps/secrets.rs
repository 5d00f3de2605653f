//! Credentials are sent only to the app that they are for: no response, no item of the table and no log line of a
//! function contains them, after connecting, calling, rejections and renewals.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::app::App;
use domain::id::IntegrationId;
use domain::log::Status;
use domain::trigger::Trigger;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::example::Example;
use super::way::DOOR;
use crate::stack::{Answer, Opens, Portal, Sample, Shop, now, until};

const SHOP: &str = "apps-secrets";
/// In every text that a merchant enters here and that must stay secret.
const MARK: &str = "5ec4e7";

/// A way to connect an account, and the OAuth instruction for its stand-in.
struct Account {
    app: App,
    method: &'static str,
    credentials: Value,
    action: &'static str,
    settings: Value,
}

impl Account {
    fn new(app: App, method: &'static str, credentials: Value) -> Self {
        let (action, settings) = match app {
            App::MAILCHIMP => ("add_to_list", json!({ "list_id": format!("{SHOP}-{method}") })),
            App::KIT => ("add_tag", json!({ "tag": ["Customer"] })),
            App::HIGHLEVEL => ("add_tags", json!({ "tag": ["Customer"] })),
            App::CIRCLE => ("invite_member", json!({})),
            App::KAJABI => ("grant_offer", json!({ "offer_id": "7821" })),
            App::THINKIFIC => ("enroll_in_course", json!({ "course_id": "2101" })),
            App::WEBHOOK => ("send_notify_url_post", json!({})),
            App::HTTP_REQUEST => ("send_request", json!({ "body": r#"{"email": "{contact.email}"}"# })),
            other => panic!("{other} has no action here"),
        };
        Self { app, method, credentials, action, settings }
    }

    /// An account of an app that is data.
    fn of(example: Example) -> Self {
        let credentials = example.credentials(|secret| format!("{secret}-{MARK}"));
        let Example { app, method, action, settings } = example;
        Self { app, method: &method.key, credentials, action: &action.key, settings }
    }

    /// The request that connects it at the API.
    fn wish(&self) -> Value {
        let label = format!("{} {}", self.app.label(), self.method);
        json!({ "app": self.app, "label": label, "method": self.method, "credentials": self.credentials })
    }

    /// The secrets of the account.
    fn secrets(&self) -> Vec<String> {
        let typed = self.credentials.as_object().expect("an object").values().filter_map(Value::as_str);
        typed.filter(|text| text.contains(MARK)).map(str::to_owned).collect()
    }
}

fn accounts(shop: &Shop) -> Vec<Account> {
    let activate = format!("https://checkout.kajabi.com/webhooks/offers/{MARK}-offer/7821/activate");
    let receiver = format!("{}/webhook/{SHOP}", shop.engine.outputs.sandbox_url);
    let signing = format!("whsec_{MARK}c2VjcmV0LW9mLWFwcHMtc2VjcmV0cw");
    let api = json!({
        "url": format!("{}/httprequest/{SHOP}", shop.engine.outputs.sandbox_url),
        "header": format!("Authorization: Bearer {MARK}-token"),
    });
    let [mailchimp, kajabi] = [format!("{MARK}-key-us6"), format!("{MARK}-kajabi")];
    let circle =
        json!({ "api_token": format!("{MARK}-circle"), "community_url": "https://sandbox.circle.so" });
    let thinkific = json!({ "api_key": format!("{MARK}-thinkific"), "subdomain": "my-school" });
    let coded = [
        Account::new(App::MAILCHIMP, "api_key", json!({ "api_key": mailchimp })),
        Account::new(App::MAILCHIMP, "oauth", json!({})),
        Account::new(App::KIT, "v3", json!({ "api_secret": format!("{MARK}-kit-v3") })),
        Account::new(App::KIT, "v4_key", json!({ "api_key": format!("kit_{MARK}") })),
        Account::new(App::KIT, "oauth", json!({})),
        Account::new(App::HIGHLEVEL, "oauth", json!({})),
        Account::new(App::CIRCLE, "api_token", circle),
        Account::new(App::KAJABI, "api", json!({ "client_id": "kajabi-key", "client_secret": kajabi })),
        Account::new(App::KAJABI, "activation_urls", json!({ "activate_url": activate })),
        Account::new(App::THINKIFIC, "api_key", thinkific),
        Account::new(App::THINKIFIC, "oauth", json!({ "subdomain": "my-school" })),
        Account::new(App::HTTP_REQUEST, "address", api),
        Account::new(App::WEBHOOK, "address", json!({ "url": receiver, "signing_secret": signing })),
    ];
    coded.into_iter().chain(Example::all().into_iter().map(Account::of)).collect()
}

/// A portal user who keeps every response.
struct Reader<'a> {
    shop: &'a Shop,
    portal: Portal<'a>,
    read: Vec<String>,
}

impl Reader<'_> {
    fn kept(&mut self, answer: Answer) -> Answer {
        self.read.push(answer.text.clone());
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        let answer = self.portal.get(path).await;
        self.kept(answer)
    }

    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let answer = self.portal.post(path, body).await;
        self.kept(answer)
    }

    /// Connects an account, after a mistake that puts its credentials into an error.
    async fn connects(&mut self, account: &Account) -> IntegrationId {
        let mut mistaken = account.wish();
        mistaken["credentials"]["colour"] = json!(format!("{MARK}-typed-in-the-wrong-field"));
        let path = if account.method == "oauth" { "/v1/logins" } else { "/v1/integrations" };
        self.post(path, &mistaken).await.expect(422);
        // Not as an object: as plain text, in a list, and nested too deep.
        let typed = json!(format!("{MARK}-typed-in-the-wrong-field"));
        for shape in [typed.clone(), json!([typed]), json!({ "api_key": { "key": typed } })] {
            mistaken["credentials"] = shape;
            self.post(path, &mistaken).await.expect(422);
        }
        if account.method != "oauth" {
            let connected = self.post(path, &account.wish()).await.expect(201);
            return connected["integration"]["id"].as_str().expect("an id").parse().expect("an id");
        }
        let _alone = DOOR.lock().await;
        let begun = self.portal.begin_login(&account.wish()).await;
        let begun = self.kept(begun).expect(201);
        let page = format!("{}&decision=allow", begun["url"].as_str().expect("an address"));
        let back = self.shop.engine.sandbox_redirect(&page).await;
        let done = self.portal.finish_login(account.app.key(), &back).await;
        self.kept(done).expect(200);
        let label = account.wish()["label"].clone();
        let all = self.get("/v1/integrations").await.expect(200);
        let mut all = all["items"].as_array().expect("items").iter();
        let found = all.find(|one| one["label"] == label).expect("it is connected");
        found["id"].as_str().expect("an id").parse().expect("an id")
    }
}

/// The current access token of an account, if it can be renewed.
async fn access_token(shop: &Shop, app: App, id: &IntegrationId) -> Option<String> {
    let tokens = shop.engine.store.tokens(&shop.id, id, now()).await.expect("the table")?;
    let open = shop.engine.vault.decrypt(app, &shop.id, id, &tokens.access).await.expect("it opens");
    Some(open.expose_secret().to_owned())
}

/// All tokens that the stand-in's OAuth has issued.
async fn issued(shop: &Shop, app: App) -> Vec<String> {
    let shown = shop.engine.sandbox_get(&format!("/_oauth/{app}")).await;
    let tokens = ["access_tokens", "refresh_tokens"].map(|kind| shown[kind].as_array().cloned());
    let tokens = tokens.into_iter().flatten().flatten();
    tokens.map(|one| one["token"].as_str().expect("a token").to_owned()).collect()
}

/// All stored items of this marketplace, as texts.
async fn stored(shop: &Shop) -> Vec<String> {
    let own = |(name, value): (&str, &AttributeValue)| {
        name == "pk" && value.as_s().is_ok_and(|pk| pk.contains(SHOP))
    };
    let scan = shop.engine.table.scan().table_name(&shop.engine.outputs.table).into_paginator().items();
    let items: Vec<_> = scan.send().try_collect().await.expect("the table");
    let items = items.iter().filter(|item| item.iter().any(|(name, value)| own((name, value))));
    items.map(|item| format!("{item:?}")).collect()
}

async fn buys(shop: &Shop, name: &str) -> domain::id::EventId {
    let sample = Sample::read("order-completed.one-item").id(&format!("{SHOP}-{name}"));
    shop.publish([sample.email(&format!("{name}@secrets.example.com")).now()]).await[0]
}

#[tokio::test]
async fn credentials_are_in_no_answer_in_no_item_and_in_no_line_of_a_log() {
    let shop = Shop::bare(SHOP).await;
    let engine = &shop.engine;
    let offer =
        json!({ "id": "7821", "site": "501", "title": "Secret", "webhook_token": format!("{MARK}-offer") });
    engine.sandbox_post("/_state/kajabi", &json!({ "offers": [offer] })).await;
    let audiences = ["api_key", "oauth"].map(|method| json!({ "id": format!("{SHOP}-{method}") }));
    engine.sandbox_post("/_state/mailchimp", &json!({ "audiences": audiences })).await;
    let mut reader =
        Reader { shop: &shop, portal: Portal::open(engine, SHOP, "write").await, read: Vec::new() };

    // Connected, tested, refreshed, and used in an action.
    let (accounts, mut ids) = (accounts(&shop), Vec::new());
    for account in &accounts {
        let id = reader.connects(account).await;
        for ask in ["test", "refresh"] {
            // Other tests make the stand-ins fail, and a refresh reads the lists of all tests.
            let path = format!("/v1/integrations/{id}/{ask}");
            let what = format!("the {ask} of {} {}", account.app, account.method);
            let asks = async || reader.post(&path, &Value::Null).await.status.is_success().then_some(());
            until(&what, asks).await;
        }
        let rule = json!({
            "scope": { "kind": "global" }, "trigger": Trigger::ProductPurchased, "integration": id,
            "action": account.action, "settings": account.settings, "enabled": true,
        });
        reader.post("/v1/rules", &rule).await.expect(201);
        ids.push(id);
    }
    let jobs = shop.ended(buys(&shop, "first").await, accounts.len()).await;
    let failed: Vec<_> = jobs.iter().filter(|job| !job.status.took_effect()).collect();
    assert!(failed.is_empty(), "{failed:?}");

    // Every credential is rejected: one app quotes it, tokens have expired, and the others are revoked.
    let mut secrets: BTreeSet<String> = accounts.iter().flat_map(Account::secrets).collect();
    let quoted = json!({ "title": "API Key Invalid", "status": 401, "detail": format!("No such key: {MARK}-key-us6") });
    let fault = json!({
        "app": "mailchimp", "path": format!("/lists/{SHOP}-api_key/"), "status": 401, "body": quoted.to_string(), "count": 1,
    });
    engine.sandbox_post("/_faults", &fault).await;
    for (account, id) in accounts.iter().zip(&ids) {
        for token in account.secrets() {
            let told = json!({ "app": account.app, "token": token, "state": "revoked" });
            engine.sandbox_post("/_tokens", &told).await;
        }
        if let Some(token) = access_token(&shop, account.app, id).await {
            let told = json!({ "expire": true, "token": token });
            engine.sandbox_post(&format!("/_oauth/{}", account.app), &told).await;
        }
    }
    let event = buys(&shop, "second").await;
    until("an attempt of every account", async || {
        let jobs = shop.event(event).await.1;
        (jobs.len() == accounts.len() && jobs.iter().any(|job| job.status == Status::Held)).then_some(jobs)
    })
    .await;

    for id in &ids {
        reader.get(&format!("/v1/integrations/{id}")).await.expect(200);
    }
    for path in [
        "apps",
        "configuration?limit=100",
        "integrations",
        "rules",
        "rules/export",
        "actions?limit=100",
        "events",
        &format!("events/{event}"),
    ] {
        reader.get(&format!("/v1/{path}")).await.expect(200);
    }

    let quoted = |text: &String| text.contains("No such key: [hidden]");
    assert!(reader.read.iter().any(quoted), "the app's error is shown without the quoted credential");

    let logged_in: BTreeSet<App> =
        accounts.iter().filter(|account| account.method == "oauth").map(|account| account.app).collect();
    for app in logged_in {
        secrets.extend(issued(&shop, app).await);
        secrets.insert(format!("{app}-local-secret"));
    }
    secrets.insert(format!("{MARK}-typed-in-the-wrong-field"));
    secrets.insert(reader.portal.token.rsplit('.').next().expect("a signature").to_owned());
    let lines = engine.log_lines().await;
    for app in App::all() {
        let of_app = format!(r#""app":"{app}""#);
        let told = |line: &String| line.contains("settled") && line.contains(SHOP) && line.contains(&of_app);
        assert!(lines["Apps"].iter().any(told), "the log of {app} was read");
    }
    for text in reader.read.iter().chain(&stored(&shop).await).chain(lines.values().flatten()) {
        let found = secrets.iter().find(|secret| text.contains(*secret));
        assert!(found.is_none(), "{found:?} is in {text}");
    }
}
