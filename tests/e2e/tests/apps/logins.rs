//! Logging in with an app (OAuth): the login, tokens that expire or are revoked, and deleting the account.

use connector::oauth::{NewTokens, RefreshToken, TokenSource};
use domain::app::App;
use domain::integration::Connection;
use domain::log::Status::Performed;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::example::Example;
use super::walk::Deed::Bought;
use super::walk::{Product, Walk};
use super::way::{DOOR, Way};
use crate::stack::{Opens, Portal, Shop, now};

/// The differences between the apps.
struct Login {
    shop: &'static str,
    way: Way,
    product: Product,
    /// The app's name for the account, if it returns one.
    account: Option<&'static str>,
    /// Whether the app can revoke the access on request.
    takes_back: bool,
}

const USED: &str = "This login was used already, has expired, or did not begin here.";

/// The number of actions that need a token at the same time.
const CROWD: usize = 5;

impl Login {
    /// The login of an app that is data.
    fn of(shop: &'static str, app: &str) -> Self {
        let Example { app, method, action, settings } = Example::login(app);
        Self {
            shop,
            way: Way::login(app, &[]),
            product: Product::for_good("product", &action.key, settings),
            account: Some("Bookshop"),
            takes_back: method.oauth.as_ref().is_some_and(|oauth| oauth.revoke.is_some()),
        }
    }

    /// Attempts before the account is connected: denied, forged and used logins are rejected.
    async fn opened(&self) -> Walk {
        let shop = Shop::bare(self.shop).await;
        let denied = self.way.decided(&shop, "deny").await;
        let said = self.way.accept_refused(&shop, &denied).await;
        let label = self.way.app.label();
        assert!(said.contains(&format!("You did not authorize access to {label}.")), "{said}");
        assert!(said.contains("choose Allow"), "{said}");
        assert!(self.way.accept_refused(&shop, &denied).await.contains(USED));

        let door = DOOR.lock().await;
        self.lifetime(&shop, 1).await;
        let allowed = self.way.decided(&shop, "allow").await;
        for forged in [allowed.replace("state=", "state=x"), allowed.replace("state=", "code=1&estate=")] {
            let said = self.way.accept_refused(&shop, &forged).await;
            assert!(said.contains(USED), "{forged}: {said}");
        }
        let another = if self.way.app == App::KIT { App::THINKIFIC } else { App::KIT };
        let said = shop.engine_refuses(&["accept", another.key(), &allowed]).await;
        assert!(said.contains(USED), "by another app: {said}");
        let said = self.way.accept(&shop, &allowed).await;
        self.lifetime(&shop, 86_400).await;
        drop(door);
        assert!(said.starts_with(&format!("Connected {label} `")), "{said}");
        let named = self.account.map(|account| format!("{label} calls it `{account}`."));
        assert!(named.is_none_or(|named| said.contains(&named)), "{said}");
        assert!(self.way.accept_refused(&shop, &allowed).await.contains(USED), "a second use");
        Walk::of(shop, self.way.clone())
    }

    /// Sets the lifetime in seconds of the stand-in's new access tokens.
    async fn lifetime(&self, shop: &Shop, seconds: u32) {
        if self.way.app != App::MAILCHIMP {
            let told = json!({ "expires_in": seconds });
            shop.engine.sandbox_post(&format!("/_oauth/{}", self.way.app), &told).await;
        }
    }

    /// The access is revoked: actions are held until another login. Then the account is deleted.
    async fn closed(self, walk: &mut Walk) {
        let buyers = [901, 902, 903].map(|number| Buyer::nameless(&walk.shop, number));
        walk.consent("revoke").await;
        let is_mailchimp = self.way.app == App::MAILCHIMP;
        let refused =
            if is_mailchimp { "rejected the API key or the login" } else { "no longer authorizes us." };
        let words = format!("{} {refused}", walk.app().label());
        let held = walk.holds(&buyers, self.product.id, &words).await;
        let log = walk.shop.account_log(&Shop::account(walk.app())).await;
        let failed: Vec<_> =
            log.iter().filter(|entry| !entry.ok).map(|entry| entry.action.as_str()).collect();
        assert_eq!(
            failed,
            ["Needs reconnect", "Connect App"],
            "each is notified once, the declined login first"
        );
        walk.continues(&held).await;

        let token = walk.access_token().await;
        let said = walk.shop.engine(&["disconnect", walk.app().label(), "--yes"]).await;
        assert!(said.starts_with(&format!("Disconnected `{}`.", walk.app().label())), "{said}");
        assert_eq!(said.contains("revoked the access"), self.takes_back, "{said}");
        assert!(said.contains(&format!("Rule rul_bought_{} is disabled.", self.product.id)), "{said}");
        let standing = if self.takes_back { "revoked" } else { "valid" };
        assert_eq!(walk.issued(&token).await[0].last().expect("a token")["standing"], standing);
    }
}

async fn crowd(walk: &Walk, product: &str, round: usize) {
    let buyers: Vec<_> = (0..CROWD).map(|n| Buyer::nameless(&walk.shop, round * 100 + n)).collect();
    let wanted = [(product, Performed, "")];
    let all = buyers.iter().map(|buyer| walk.ends(Bought, buyer, &wanted));
    futures::future::join_all(all).await;
}

/// An app whose tokens expire.
async fn renewed(login: Login) {
    let mut walk = login.opened().await;
    walk.sells(std::slice::from_ref(&login.product)).await;
    let first = walk.access_token().await;
    // The first pair was valid for a second, and the next is valid for a long time.
    crowd(&walk, login.product.id, 1).await;
    let pairs = async || walk.issued(&first).await[1].len();
    assert_eq!(pairs().await, 2, "refreshed once for all actions");
    // The app expires the second pair early, and its gateway returns errors at first: these do not concern the pair.
    walk.consent("expire").await;
    let gateway = json!({ "app": walk.app(), "path": "/token$", "status": 403, "count": 1 });
    walk.shop.engine.sandbox_post("/_faults", &gateway).await;
    crowd(&walk, login.product.id, 2).await;
    assert_eq!(pairs().await, 3, "refreshed once for all actions");
    assert_eq!(walk.connection().await, Connection::Connected);
    login.closed(&mut walk).await;
}

fn tag(action: &'static str, tag: &str) -> Product {
    Product::for_good("tag", action, json!({ "tag": [tag] }))
}

#[tokio::test]
async fn kit_is_logged_in_to_refreshed_and_given_back() {
    let login = Login {
        shop: "logins-kit",
        way: Way::login(App::KIT, &[]),
        product: tag("add_tag", "Logged in to Kit"),
        account: Some("Sandbox"),
        takes_back: true,
    };
    renewed(login).await;
}

#[tokio::test]
async fn highlevel_is_logged_in_to_and_refreshed() {
    let login = Login {
        shop: "logins-highlevel",
        way: Way::login(App::HIGHLEVEL, &[]),
        product: tag("add_tags", "logged in"),
        account: Some("Demo Bookshop"),
        takes_back: false,
    };
    renewed(login).await;
}

#[tokio::test]
async fn thinkific_is_logged_in_to_and_refreshed() {
    let login = Login {
        shop: "logins-thinkific",
        way: Way::login(App::THINKIFIC, &[("subdomain", "my-school")]),
        product: Product::for_good("course", "enroll_in_course", json!({ "course_id": "2101" })),
        account: None,
        takes_back: false,
    };
    renewed(login).await;
}

#[tokio::test]
async fn constant_contact_is_logged_in_to_and_refreshed() {
    renewed(Login::of("logins-constantcontact", "constantcontact")).await;
}

#[tokio::test]
async fn hubspot_is_logged_in_to_refreshed_and_given_back() {
    renewed(Login::of("logins-hubspot", "hubspot")).await;
}

#[tokio::test]
async fn aweber_is_logged_in_to_refreshed_and_given_back() {
    renewed(Login::of("logins-aweber", "aweber")).await;
}

#[tokio::test]
async fn mailchimp_is_logged_in_to_for_as_long_as_its_merchant_allows() {
    let login = Login {
        shop: "logins-mailchimp",
        way: Way::login(App::MAILCHIMP, &[]),
        product: Product::for_good("list", "add_to_list", json!({ "list_id": "logins-mailchimp" })),
        account: Some("Sandbox"),
        takes_back: false,
    };
    let mut walk = login.opened().await;
    walk.seed(json!({ "audiences": [{ "id": "logins-mailchimp" }] })).await;
    walk.sells(std::slice::from_ref(&login.product)).await;
    crowd(&walk, login.product.id, 1).await;
    let state = walk.shop.engine.sandbox_get("/_state/mailchimp?list=logins-mailchimp").await;
    assert_eq!(state["audiences"][0]["members"].as_array().map(Vec::len), Some(CROWD));
    login.closed(&mut walk).await;
}

#[tokio::test]
async fn a_function_that_knows_an_older_token_than_the_stored_one_asks_for_a_new_one_where_both_are_refused()
{
    let walk = Walk::begin("logins-older", Way::login(App::KIT, &[])).await;
    let product = tag("add_tag", "Logged in to Kit");
    walk.sells(std::slice::from_ref(&product)).await;
    let (m, id, engine) = (&walk.shop.id, Shop::account(App::KIT), &walk.shop.engine);
    // Another function stores another pair, and the app expires both at once.
    let stored_by_another = async || {
        walk.token("stored-by-another", "expired").await;
        walk.consent("expire").await;
        let tokens = engine.store.tokens(m, &id, now()).await.expect("the table").expect("tokens");
        let refresh = engine.vault.decrypt(App::KIT, m, &id, &tokens.refresh).await.expect("it opens");
        let new = NewTokens {
            access: "stored-by-another".into(),
            refresh: RefreshToken::new(refresh),
            expires_in: SignedDuration::from_hours(1),
        };
        let source = TokenSource::new(App::KIT, engine.store.clone(), engine.vault.clone());
        crate::oauth::stored(engine, m, &id, &source, &new).await;
    };
    let buys = async |number| {
        walk.ends(Bought, &Buyer::nameless(&walk.shop, number), &[(product.id, Performed, "")]).await;
    };
    buys(1).await;
    stored_by_another().await;
    buys(2).await;
    stored_by_another().await;
    let said = walk.shop.engine(&["refresh", "Kit"]).await;
    assert!(said.starts_with("Refreshed `Kit` (Sandbox)."), "{said}");
}

#[tokio::test]
async fn a_test_renews_a_token_that_the_app_refuses() {
    let walk = Walk::begin("logins-tested", Way::login(App::KIT, &[])).await;
    walk.consent("expire").await;
    let portal = Portal::open(&walk.shop.engine, walk.shop.id.as_str(), "write").await;
    let path = format!("/v1/integrations/{}/test", Shop::account(App::KIT));
    portal.post(&path, &Value::Null).await.expect(200);
    assert_eq!(walk.connection().await, Connection::Connected);
}

#[tokio::test]
async fn an_agency_of_highlevel_is_refused_with_the_reason() {
    let (shop, way) = (Shop::bare("logins-agency").await, Way::login(App::HIGHLEVEL, &[]));
    let tell = async |company: bool| {
        shop.engine.sandbox_post("/_oauth/highlevel", &json!({ "company": company })).await;
    };
    let door = DOOR.lock().await;
    tell(true).await;
    let allowed = way.decided(&shop, "allow").await;
    tell(false).await;
    drop(door);
    let said = way.accept_refused(&shop, &allowed).await;
    assert!(said.contains("The connection is to a HighLevel agency"), "{said}");
    assert!(said.contains("choose the location (sub-account)"), "{said}");
    let account = Shop::account(App::HIGHLEVEL);
    let found = shop.engine.store.integration(&shop.id, &account, now()).await.expect("the table");
    assert!(found.is_none(), "{found:?}");
}
