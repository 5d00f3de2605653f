//! Normalization of a rule before it is validated.

use std::collections::BTreeMap;

use domain::lint;
use domain::manifest::Catalog;
use domain::options::{self, Lists};
use domain::rule::Rule;

/// Normalizes a name for storage; a blank name becomes `None`.
pub(super) fn normal_name(name: Option<&str>) -> Option<String> {
    name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Adds the default settings, and replaces typed names of options by their values. Settings that the action does not
/// have are kept, so that the lint reports them.
pub(super) fn settle(rule: &mut Rule, lists: &Lists, before: Option<&Rule>, typed: &[String]) {
    let manifest = Catalog::get().manifest(rule.app);
    let Some(action) = manifest.and_then(|manifest| manifest.action(&rule.action)) else { return };
    let Ok(settings) = lint::settings(action, &rule.settings) else { return };
    let none = BTreeMap::new();
    let before = before.map_or(&none, |before| &before.labels);
    let settled = options::settle(action, &settings, lists, before, typed);
    rule.settings = settled.settings;
    rule.labels = settled.labels;
}
