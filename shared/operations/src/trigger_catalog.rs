//! The trigger catalog: when each trigger fires, the fields that its conditions can compare, and the apps that offer
//! it.

use domain::app::App;
use domain::lint::{self, TriggerField};
use domain::manifest::Catalog;
use domain::trigger::Trigger;
use triggers::definition::Definition;
use triggers::registry;

/// A trigger of the catalog.
#[derive(Debug)]
pub struct CatalogTrigger {
    /// The fact that fires the trigger, and when.
    pub definition: &'static Definition,
    /// The fields that a condition can compare.
    pub fields: Vec<TriggerField>,
    /// The apps whose rules can use the trigger.
    pub apps: Vec<Offer>,
}

/// An app that offers a trigger.
#[derive(Debug)]
pub struct Offer {
    /// The app.
    pub app: App,
    /// The actions that a rule with this trigger can have.
    pub actions: Vec<&'static str>,
}

/// Every trigger, in the order of the rule form.
pub fn all() -> impl Iterator<Item = CatalogTrigger> {
    Trigger::ALL.iter().filter_map(|trigger| {
        let definition = registry::definition(*trigger)?;
        Some(CatalogTrigger { definition, fields: lint::fields(*trigger), apps: offers(*trigger) })
    })
}

fn offers(trigger: Trigger) -> Vec<Offer> {
    let offer = |manifest: &'static domain::manifest::Manifest| {
        let offered = manifest.actions.iter().filter(|action| manifest.offers(action, trigger));
        let actions: Vec<_> = offered.map(|action| action.key.as_str()).collect();
        (!actions.is_empty()).then_some(Offer { app: manifest.app, actions })
    };
    Catalog::get().all().filter_map(offer).collect()
}
