//! The operations on the stack of the tests.

use std::collections::BTreeMap;

use domain::app::App;
use jiff::SignedDuration;
use operations::Resources;

use crate::stack::Engine;

/// The operations, called directly and not through the API or the command line.
pub(crate) fn of(engine: &Engine) -> operations::Engine {
    let outputs = &engine.outputs;
    let by_app = |named: &BTreeMap<String, String>| -> BTreeMap<App, String> {
        named.iter().filter_map(|(app, value)| Some((app.parse().ok()?, value.clone()))).collect()
    };
    let resources = Resources {
        table: outputs.table.clone(),
        log_ttl: SignedDuration::from_hours(720),
        kms_key: outputs.kms_key_id.clone(),
        bus: outputs.bus.clone(),
        queues: by_app(&outputs.queues),
        dead_letters: by_app(&outputs.dlqs),
        facts_queue: outputs.facts_queue_url.clone(),
        schedule_group: outputs.schedule_group.clone(),
        connectors: by_app(&outputs.functions),
        prospects: outputs.functions["prospects"].clone(),
        sources: "commerce,courses".parse().expect("sources"),
    };
    operations::Engine::new(&engine.sdk, resources)
}
