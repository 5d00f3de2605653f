//! Rules as they are edited: in two tabs at once, over the API, from a document; and the product catalogue.

use std::collections::BTreeSet;

use aws::store::{Expected, RuleFilter, SaveRuleError, ScopeFilter};
use domain::app::App;
use domain::id::{ProductId, RuleId};
use domain::options::{OptionItem, Pulled};
use domain::rule::{MOST_RULES, Rule, Scope};
use domain::trigger::Trigger;
use futures::future::join_all;
use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Engine, Opens, Portal, Sample, Shop, Stacks, apart, now, until};

fn product(id: &str) -> ProductId {
    ProductId::new(id).expect("a product's id")
}

fn tag(tag: &str) -> Value {
    json!({
        "scope": { "kind": "global" }, "trigger": "product_purchased", "integration": "int_mailchimp",
        "action": "add_tag", "settings": { "list_id": "demo", "tag": [tag] },
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

fn codes(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().expect("findings").iter();
    findings.map(|finding| finding["code"].as_str().expect("a code")).collect()
}

#[tokio::test]
async fn of_many_who_edit_one_version_one_is_saved_and_no_copy_of_the_others_stays() {
    let shop = Shop::open("rule-editing-race").await;
    let add = json!({ "action": "add_tag", "settings": { "list_id": "demo", "tag": ["start"] } });
    let id = shop.rule("race", Trigger::ProductPurchased, App::MAILCHIMP, add).await;
    let store = &shop.engine.store;
    for round in 0..4 {
        let before = store.stored_rule(&shop.id, &id, now()).await.expect("read").expect("a rule");
        let versions: Vec<Rule> = (0..6)
            .map(|tab| {
                let scope = match tab % 3 {
                    0 => Scope::Global,
                    _ => Scope::Products { products: vec![product(&format!("p{tab}")), product("shared")] },
                };
                let settings = json!({ "list_id": "demo", "tag": [format!("{round}-{tab}")] });
                let settings = serde_json::from_value(settings).expect("settings");
                Rule { scope, settings, ..before.rule.clone() }
            })
            .collect();
        let save = |rule| store.save_rule_if(rule, Expected::Version(&before.etag), now());
        let saved = join_all(versions.iter().map(save)).await;
        let winners: Vec<_> = saved.iter().zip(&versions).filter(|(saved, _)| saved.is_ok()).collect();
        let [(Ok(kept), winner)] = winners[..] else { panic!("{saved:?}") };
        let lost = saved.iter().filter(|saved| matches!(saved, Err(SaveRuleError::Changed))).count();
        assert_eq!(lost, 5, "{saved:?}");

        let after = store.stored_rule(&shop.id, &id, now()).await.expect("read").expect("a rule");
        assert_eq!(&after, kept);
        assert_eq!(kept.rule, Rule { updated_at: kept.rule.updated_at, ..winner.clone() });
        let products: Vec<_> =
            (0..6).map(|tab| product(&format!("p{tab}"))).chain([product("shared")]).collect();
        for product in &products {
            let found =
                store.rules_for(&shop.id, Trigger::ProductPurchased, std::slice::from_ref(product), now());
            let applies = match &winner.scope {
                Scope::Global => true,
                Scope::Products { products } => products.contains(product),
            };
            let expected: Vec<Rule> = applies.then(|| kept.rule.clone()).into_iter().collect();
            assert_eq!(found.await.expect("read"), expected, "{product}");
        }
    }
    let gone = store.delete_rule_if(&shop.id, &id, Expected::Version("another"), now()).await;
    assert!(matches!(gone, Err(SaveRuleError::Changed)), "{gone:?}");
    assert!(store.delete_rule(&shop.id, &id, now()).await.expect("deleted"));
    assert!(!store.delete_rule(&shop.id, &id, now()).await.expect("nothing"));
}

#[tokio::test]
async fn two_tabs_do_not_overwrite_each_other_and_a_rule_is_looked_over_when_it_is_saved() {
    let shop = Shop::open("rule-editing-api").await;
    let portal = Portal::open(&shop.engine, "rule-editing-api", "write").await;
    let list = |list: &str, items: &[(&str, &str)]| Pulled {
        list: list.to_owned(),
        items: items.iter().map(|(value, label)| OptionItem::new(*value, *label)).collect(),
        at: now(),
        truncated: false,
    };
    for pulled in [list("audiences", &[("demo", "Customers")]), list("tags", &[("7", "VIP")])] {
        let account = Shop::account(App::MAILCHIMP);
        shop.engine.store.save_options(&shop.id, &account, &pulled).await.expect("saved");
    }
    let typed = json!({ "list_id": "customers", "tag": [" vip", "new"] });
    let made = portal.post("/v1/rules", &with(tag("x"), "settings", typed)).await;
    let tab = made.etag.clone();
    let made = made.expect(201);
    assert_eq!(made["rule"]["settings"]["tag"], json!(["7", "new"]));
    assert_eq!(made["rule"]["settings"]["list_id"], "demo");
    assert_eq!(made["rule"]["labels"], json!({ "7": "VIP", "demo": "Customers" }));
    assert_eq!(made["warnings"], json!([]));
    assert_eq!(format!("\"{}\"", made["rule"]["etag"].as_str().expect("a tag")), tab);
    let path = format!("/v1/rules/{}", made["rule"]["id"].as_str().expect("an id"));

    let first = portal.change(Method::PUT, &path, &tab, &tag("first")).await;
    assert_ne!(first.etag, tab);
    let newest = first.etag.clone();
    first.expect(200);
    portal.change(Method::PUT, &path, &tab, &tag("second")).await.expect(412);
    portal.change(Method::PATCH, &path, &tab, &json!({ "enabled": false })).await.expect(412);
    portal.change(Method::DELETE, &path, &tab, &Value::Null).await.expect(412);
    let bare = portal.request(Method::PUT, &path).json(&tag("second"));
    portal.send(bare).await.expect(428);
    assert_eq!(portal.get(&path).await.expect(200)["settings"]["tag"], json!(["first"]));

    let never = json!([{ "field": "amount", "operator": "at_least", "value": 10 }, { "field": "amount", "operator": "at_most", "value": 5 }]);
    let refused = portal
        .change(Method::PUT, &path, &newest, &with(tag("a"), "conditions", never.clone()))
        .await
        .expect(422);
    assert_eq!(refused["errors"][0]["field"], "/conditions/1", "{refused}");
    let looked = portal.post("/v1/rules/lint", &json!({ "rule": with(tag("a"), "conditions", never) })).await;
    assert_eq!(codes(&looked.expect(200)["findings"]), ["condition_never_holds", "action_required"]);
    let foreign =
        portal.post("/v1/rules", &with(tag("a"), "integration", json!("int_elsewhere"))).await.expect(422);
    assert_eq!(foreign["errors"][0]["field"], "/integration");

    let remove = with(
        with(tag("FIRST"), "action", json!("remove_tag")),
        "scope",
        json!({ "kind": "products", "products": ["p"] }),
    );
    let warned = portal.post("/v1/rules", &remove).await.expect(201);
    assert_eq!(codes(&warned["warnings"]), ["opposite"]);

    let off = portal.change(Method::PATCH, &path, &newest, &json!({ "enabled": false })).await;
    let newest = off.etag.clone();
    assert_eq!(off.expect(200)["rule"]["enabled"], false);
    let listed = |answer: Value| answer["items"].as_array().expect("items").len();
    assert_eq!(listed(portal.get("/v1/rules?enabled=false").await.expect(200)), 1);
    assert_eq!(listed(portal.get("/v1/rules?product=p&trigger=product_purchased").await.expect(200)), 1);
    assert_eq!(listed(portal.get("/v1/rules?integration=int_webhook").await.expect(200)), 0);
    let looks = Portal::open(&shop.engine, "rule-editing-api", "read").await;
    looks.change(Method::DELETE, &path, &newest, &Value::Null).await.expect(403);
    looks.post("/v1/rules/lint", &json!({ "rule": tag("a") })).await.expect(200);
    let other = Portal::open(&shop.engine, "rule-editing-other", "write").await;
    other.change(Method::DELETE, &path, &newest, &Value::Null).await.expect(404);
    other.get(&path).await.expect(404);
    portal.change(Method::DELETE, &path, &newest, &Value::Null).await.expect(204);
    portal.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_rule_is_created_once_for_each_key_and_tried_without_being_saved() {
    let shop = Shop::open("rule-editing-once").await;
    let portal = Portal::open(&shop.engine, "rule-editing-once", "write").await;
    let create = async || {
        let request =
            portal.request(Method::POST, "/v1/rules").header("idempotency-key", "k1").json(&tag("a"));
        portal.send(request).await.expect(201)["rule"]["id"].clone()
    };
    let id = create().await;
    assert_eq!(create().await, id);

    let sample = Sample::read("order-completed.one-item").id("try").email("try@example.com").now();
    let event = shop.publish([sample]).await[0];
    until("the event", async || shop.event(event).await.0).await;
    let run = portal.post("/v1/rules/dry_run", &json!({ "rule": tag("b") })).await.expect(200);
    assert_eq!((&run["events"], &run["fired"], &run["actions"]), (&json!(1), &json!(1), &json!(1)), "{run}");
    assert_eq!(run["previews"][0]["contact"], "t***@example.com");
    let run = portal.post("/v1/rules/dry_run", &json!({ "id": id })).await.expect(200);
    assert_eq!(run["fired"], 1);
    portal.post("/v1/rules/dry_run", &json!({})).await.expect(422);
}

#[tokio::test]
async fn rules_are_exported_and_a_document_is_planned_before_it_is_applied() {
    let shop = Shop::open("rule-editing-import").await;
    let portal = Portal::open(&shop.engine, "rule-editing-import", "write").await;
    for name in ["stays", "changes", "goes"] {
        portal.post("/v1/rules", &tag(name)).await.expect(201);
    }
    let document = portal.get("/v1/rules/export").await;
    assert_eq!(document.status, 200);
    let import = async |how: &str, document: &str| {
        portal.post(&format!("/v1/rules/import{how}"), &json!({ "document": document })).await
    };
    let counts = |plan: &Value| {
        ["added", "changed", "removed", "unchanged"].map(|kind| plan[kind].as_u64().expect(kind))
    };
    let plan = async |document: &str| import("", document).await.expect(200);
    let apply = async |plan: &Value, document: &str| {
        let how = format!("?apply=true&plan={}", plan["plan"].as_str().expect("a plan"));
        import(&how, document).await
    };
    let same = apply(&plan(&document.text).await, &document.text).await.expect(200);
    assert_eq!(counts(&same), [0, 0, 0, 3]);
    // A plan that was not reviewed is not applied, especially not a plan that removes all rules.
    let refused = import("?apply=true", "rules: []").await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "plan", "{refused}");
    assert_eq!(counts(&plan("rules: []").await), [0, 0, 3, 0]);

    let mut edited: serde_norway::Value = serde_norway::from_str(&document.text).expect("YAML");
    let rules = edited["rules"].as_sequence_mut().expect("rules");
    rules.retain(|rule| rule["settings"]["tag"][0] != "goes");
    for rule in rules.iter_mut().filter(|rule| rule["settings"]["tag"][0] == "changes") {
        rule["settings"]["tag"][0] = "changed".into();
    }
    let mut new = rules[0].clone();
    let fields = new.as_mapping_mut().expect("a rule");
    fields.remove("id");
    fields.insert("name".into(), "A new one".into());
    fields.insert("trigger".into(), "product_refunded".into());
    rules.push(new);
    let edited = serde_norway::to_string(&edited).expect("YAML");
    let seen = plan(&edited).await;
    assert_eq!((counts(&seen), &seen["applied"]), ([1, 1, 1, 1], &json!(false)), "{seen}");
    assert_eq!(counts(&plan(&edited).await), [1, 1, 1, 1], "a plan saves nothing");
    let rules = seen["rules"].as_array().expect("rules");
    let removed = rules.iter().find(|rule| rule["change"] == "removed").expect("a removed rule");
    let what = ["trigger", "integration", "action"].map(|part| removed[part].as_str().expect(part));
    assert_eq!(what, ["product_purchased", "int_mailchimp", "add_tag"]);

    // Another user writes a rule that the reviewed plan does not contain.
    portal.post("/v1/rules", &tag("late")).await.expect(201);
    apply(&seen, &edited).await.expect(412);
    let done = apply(&plan(&edited).await, &edited).await.expect(200);
    assert_eq!((counts(&done), &done["applied"]), ([1, 1, 2, 1], &json!(true)));
    assert_eq!(counts(&plan(&edited).await), [0, 0, 0, 3]);

    let wrong = edited.replacen("add_tag", "add_tug", 1);
    let refused = import("", &wrong).await.expect(422);
    let message = refused["errors"][0]["message"].as_str().expect("a message");
    assert!(
        message.starts_with("document.yaml:") && message.contains("`add_tug` does not exist"),
        "{refused}"
    );
    import("", "rules: [").await.expect(422);
    let text = "x".repeat(1_000);
    let many = |name: &str| format!("[{}]", vec![name; 100].join(","));
    let bomb = format!("rules:\n- settings: {{a: &a {text}, b: &b {}, c: {}}}\n", many("*a"), many("*b"));
    let refused = import("", &bomb).await.expect(422);
    assert!(refused["errors"][0]["message"].to_string().contains("aliases expanded"), "{refused}");
}

#[tokio::test]
async fn as_many_rules_as_there_can_be_are_exported_and_come_back_whole() {
    let _apart = apart().await;
    let shop = Shop::open("rule-editing-most").await;
    let add = |number: usize| json!({ "action": "add_tag", "settings": { "list_id": "demo", "tag": [format!("\u{e9} {number}")] } });
    let numbers = stream::iter(0..MOST_RULES);
    let saved = numbers.map(async |number| {
        shop.rule(&format!("n{number}"), Trigger::ProductPurchased, App::MAILCHIMP, add(number)).await
    });
    assert_eq!(saved.buffer_unordered(16).count().await, MOST_RULES);
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let refused = portal.post("/v1/rules", &tag("one more")).await.expect(409);
    assert!(refused["detail"].to_string().contains("the maximum is 1000"), "{refused}");

    let document = portal.get("/v1/rules/export").await.text;
    let import = async |portal: &Portal<'_>, how: &str, document: &str| {
        portal.post(&format!("/v1/rules/import{how}"), &json!({ "document": document })).await.expect(200)
    };
    let plan = import(&portal, "", &document).await;
    assert_eq!((&plan["unchanged"], &plan["removed"]), (&json!(MOST_RULES), &json!(0)));
    let copy = Shop::open("rule-editing-copy").await;
    let other = Portal::open(&copy.engine, copy.id.as_str(), "write").await;
    let document = document.replace("rule-editing-most", "rule-editing-copy");
    let mut done = import(&other, "", &document).await;
    assert_eq!(done["added"], json!(MOST_RULES));
    // A call that runs out of time returns the plan of the rest.
    while done["applied"] == false {
        let how = format!("?apply=true&plan={}", done["plan"].as_str().expect("a plan"));
        let rest = done["added"].clone();
        done = import(&other, &how, &document).await;
        assert!(done["applied"] == true || done["added"] != rest, "no rule was saved: {done}");
    }
    assert_eq!(other.get("/v1/rules/export").await.text, document);
}

#[tokio::test]
async fn rules_are_listed_by_bounded_pages_whatever_is_looked_for() {
    let shop = Shop::open("rule-editing-pages").await;
    let store = &shop.engine.store;
    let mut all = BTreeSet::new();
    for number in 0..30 {
        let scope = match number % 3 {
            0 => json!({ "kind": "global" }),
            _ => json!({ "kind": "products", "products": [format!("p{}", number % 5), "q"] }),
        };
        let rest = json!({
            "action": "add_tag", "settings": { "list_id": "demo", "tag": ["a"] }, "scope": scope,
            "enabled": number % 2 == 0,
        });
        let trigger = if number % 4 == 0 { Trigger::OrderCompleted } else { Trigger::ProductPurchased };
        let id = shop.rule(&format!("n{number:02}"), trigger, App::MAILCHIMP, rest).await;
        all.insert((number, id));
    }
    let found = async |filter: &RuleFilter, limit: usize| {
        let (mut found, mut after): (Vec<RuleId>, Option<RuleId>) = (Vec::new(), None);
        loop {
            let page =
                store.rules_page(&shop.id, filter, after.as_ref(), limit, now()).await.expect("a page");
            assert!(page.items.len() <= limit);
            found.extend(page.items.into_iter().map(|stored| stored.rule.id));
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    };
    let any = RuleFilter::default();
    let of = |wanted: &dyn Fn(usize) -> bool| -> Vec<RuleId> {
        all.iter().filter(|(number, _)| wanted(*number)).map(|(_, id)| id.clone()).collect()
    };
    let mailchimp = Some(Shop::account(App::MAILCHIMP));
    let order = Some(Trigger::OrderCompleted);
    let p1 = Some(ScopeFilter::Product(product("p1")));
    for limit in [1, 7, 30, 100] {
        assert_eq!(found(&any, limit).await, of(&|_| true));
        let filter = RuleFilter { integration: mailchimp.clone(), enabled: Some(false), ..any.clone() };
        assert_eq!(found(&filter, limit).await, of(&|number| number % 2 == 1));
        let filter = RuleFilter { trigger: order, scope: Some(ScopeFilter::Global), ..any.clone() };
        assert_eq!(found(&filter, limit).await, of(&|number| number % 12 == 0));
        let filter = RuleFilter { trigger: order, scope: p1.clone(), ..any.clone() };
        assert_eq!(
            found(&filter, limit).await,
            of(&|number| number % 4 == 0 && number % 3 != 0 && number % 5 == 1)
        );
        let filter = RuleFilter { scope: Some(ScopeFilter::Products), ..any.clone() };
        assert_eq!(found(&filter, limit).await, of(&|number| number % 3 != 0));
    }
    let filter = RuleFilter { integration: Some(Shop::account(App::WEBHOOK)), ..any };
    assert_eq!(found(&filter, 10).await, []);
}

/// The product with exactly this id as the API returns it; null if it does not exist.
async fn shown(portal: &Portal<'_>, id: &str) -> Value {
    let id = id.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    portal.get(&format!("/v1/products?product_id={id}")).await.expect(200)["items"][0].clone()
}

#[tokio::test]
async fn a_products_id_may_have_any_characters_and_means_that_product_alone() {
    let engine = Engine::shared().await;
    let portal = Portal::open(&engine, "rule-editing-ids", "write").await;
    let put = async |id: &str, name: &str| {
        let body = json!({ "product_id": id, "name": name, "price": null, "status": "live" });
        portal.send(portal.request(Method::PUT, "/v1/products").json(&body)).await
    };
    put("bread", "Bread").await.expect(200);
    for id in ["bread#rye", "bread/rye", "bread?rye", "bread%23rye", "bread\\rye", "bread rye", "brød", ".."]
    {
        assert_eq!(put(id, "Rye").await.expect(200)["product_id"], id);
        let found = [shown(&portal, id).await, shown(&portal, "bread").await];
        assert_eq!((&found[0]["product_id"], &found[1]["name"]), (&json!(id), &json!("Bread")));
    }
    assert_eq!(put(" ", "Blank").await.expect(422)["errors"][0]["field"], "/product_id");
    assert_eq!(
        put(" bread", "Loaf").await.expect(200)["product_id"],
        "bread",
        "blanks are not part of an id"
    );
    assert_eq!(shown(&portal, "bread").await["name"], "Loaf");
    assert_eq!(shown(&portal, "nothing").await, Value::Null);
    let none = portal.get("/v1/products?product_id=bread&status=archived").await.expect(200);
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn a_saved_product_is_in_the_catalogue_and_an_older_version_never_takes_its_place() {
    let shop = Shop::open("rule-editing-products").await;
    let portal = Portal::open(&shop.engine, "rule-editing-products", "write").await;
    let saved = |id: &str, at: &str, status: &str| {
        let sample = Sample::read("product-saved.live").id(&format!("{id}.{at}")).with("/occurred_at", at);
        sample.with("/product/product_id", id).with("/product/status", status)
    };
    shop.publish([saved("loaf", "2026-05-04T10:00:00.5Z", "archived")]).await;
    let one = async |id: &str| shown(&portal, id).await;
    let seen = async |id: &str| Some(one(id).await).filter(|product| !product.is_null());
    until("the product", async || seen("loaf").await).await;
    // Older by half a second, in a form whose time sorts after it as text.
    shop.publish([
        saved("loaf", "2026-05-04T10:00:00Z", "live"),
        saved("mill", "2026-05-04T10:00:01Z", "live"),
    ])
    .await;
    until("the other product", async || seen("mill").await).await;
    let loaf = one("loaf").await;
    assert_eq!((&loaf["status"], &loaf["name"]), (&json!("archived"), &json!("Sourdough Masterclass")));
    assert_eq!(loaf["price"], json!({ "amount": 4900, "currency": "USD" }));

    let put = async |id: &str, name: &str| {
        let body = json!({ "product_id": id, "name": name, "price": null, "status": "live" });
        portal.send(portal.request(Method::PUT, "/v1/products").json(&body)).await
    };
    put("rye", "Rye & Flour").await.expect(200);
    put("loaf", "Rye & Flour").await.expect(200);
    assert_eq!(one("loaf").await["name"], "Rye & Flour");
    let ids = |answer: Value| -> Vec<String> {
        let items = answer["items"].as_array().expect("items").iter();
        items.map(|item| item["product_id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids(portal.get("/v1/products").await.expect(200)), ["loaf", "mill", "rye"]);
    assert_eq!(ids(portal.get("/v1/products?search=FLOUR").await.expect(200)), ["loaf", "rye"]);
    let first = portal.get("/v1/products?limit=2").await.expect(200);
    let next = format!("/v1/products?limit=2&cursor={}", first["next_cursor"].as_str().expect("more"));
    let last = portal.get(&next).await.expect(200);
    assert_eq!((ids(last.clone()), &last["next_cursor"]), (vec!["rye".to_owned()], &Value::Null));
    portal.get(&format!("{next}&search=x")).await.expect(422);

    let scope = json!({ "kind": "products", "products": ["loaf", "mlil"] });
    let warned = portal.post("/v1/rules", &with(tag("a"), "scope", scope)).await.expect(201);
    assert_eq!(codes(&warned["warnings"]), ["product_unknown"]);

    shop.publish([saved("bad", "2026-05-04T10:00:00Z", "sold out")]).await;
    let kept = async || {
        let about = |body: &str| body.contains("rule-editing-products") && body.contains("sold out");
        shop.engine.take(&shop.engine.outputs.facts_queue_url, about).await.into_iter().next()
    };
    assert!(until("the broken product in the facts queue", kept).await.contains("status"));
}

#[tokio::test]
async fn only_the_lists_that_an_app_has_are_looked_up() {
    let shop = Shop::open("rule-editing-lists").await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
    for name in ["tags", "nothing"] {
        let items = vec![OptionItem::new("7", "VIP")];
        let pulled = Pulled { list: name.to_owned(), items, at: now(), truncated: false };
        let account = Shop::account(App::MAILCHIMP);
        shop.engine.store.save_options(&shop.id, &account, &pulled).await.expect("saved");
    }
    let list = async |list: &str| portal.get(&format!("/v1/integrations/int_mailchimp/options/{list}")).await;
    let tags = list("tags").await.expect(200);
    assert_eq!(tags["items"][0]["value"], "7");
    assert!(tags["read_at"].is_string(), "{tags}");
    // A list of the app that no refresh has read yet is empty.
    let unread = list("audiences").await.expect(200);
    assert_eq!(unread, json!({ "read_at": null, "items": [], "next_cursor": null }));
    // Neither an item that is stored under another name, such as a part of a list, nor a name that is too long for a
    // key.
    for none in ["nothing", &"x".repeat(1_100)] {
        let missing = list(none).await.expect(404);
        let detail = missing["detail"].as_str().expect("a detail");
        assert!(detail.starts_with("Mailchimp has no option list `") && detail.len() < 250, "{detail}");
        assert!(detail.contains(&none[..7]) && detail.contains("audiences"), "{detail}");
    }
}
