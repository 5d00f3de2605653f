//! Every sample, published on the bus, fires exactly the expected functions.

use std::collections::BTreeMap;

use domain::app::App;
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use serde_json::{Value, json};

use crate::stack::{Opens, Sample, Shop, expected, until};

#[tokio::test]
async fn every_sample_fires_exactly_its_triggers_on_the_bus() {
    let shop = Shop::open("samples").await;
    // One rule for each trigger: a trigger that fires stores a verdict, and a trigger that does not fire stores none.
    for trigger in Trigger::ALL {
        let action = json!({ "action": "send_notify_url_post" });
        shop.rule(trigger.key(), *trigger, App::WEBHOOK, action).await;
    }
    let expected = expected();
    let expected = expected["fires"].as_object().expect("samples");
    let mut firing = Vec::new();
    for (name, counts) in expected {
        let fires = shop.publish([Sample::read(name)]).await;
        let counts: BTreeMap<String, usize> = serde_json::from_value(counts.clone()).expect("counts");
        firing.extend(fires.into_iter().map(|id| (name, id, counts.clone())));
    }
    let all: usize = firing.iter().flat_map(|(_, _, counts)| counts.values()).sum();

    // All expected triggers have fired, and all their messages have been delivered …
    for (_, id, counts) in &firing {
        for trigger in counts.keys() {
            shop.decided(*id, trigger.parse().expect("a trigger")).await;
        }
    }
    until("every delivery", async || (shop.deliveries().await.len() >= all).then_some(())).await;

    // … and no others.
    for (name, id, counts) in &firing {
        let decided: BTreeMap<String, usize> = shop.event(*id).await.0.map_or_else(BTreeMap::new, |event| {
            let fired = event.verdicts.into_iter().map(|(trigger, verdicts)| {
                let jobs = verdicts.iter().filter(|verdict| matches!(verdict.verdict, Verdict::Fired { .. }));
                (trigger.to_string(), jobs.count())
            });
            fired.collect()
        });
        assert_eq!(&decided, counts, "{name}");
    }
    let deliveries = shop.deliveries().await;
    assert_eq!(deliveries.len(), all);
    assert!(deliveries.iter().all(|delivery| delivery["body"]["type"] != Value::Null));
}
