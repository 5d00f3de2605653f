//! Checks whether the targets of a rule still exist in its app.

use serde_json::Value;

use super::{Code, Finding, pointer, warning};
use crate::manifest::{Action, SettingKind};
use crate::options::{self, Lists};
use crate::rule::Rule;

/// Values that are no longer in their option list. A list that was never pulled, or was truncated, gives no findings. A
/// value that was entered by hand and never listed gives none either.
pub(super) fn gone(action: &Action, rule: &Rule, lists: &Lists) -> Vec<Finding> {
    let mut findings = Vec::new();
    for setting in action.settings.iter().filter(|setting| setting.kind == SettingKind::Option) {
        let Some(list) = lists.of(setting).filter(|list| !list.is_cut()) else { continue };
        let many = rule.settings.0.get(&setting.key).is_some_and(Value::is_array);
        for (index, value) in options::values(&rule.settings, setting).enumerate() {
            let label = rule.labels.get(value);
            if list.find(value).is_some() || (setting.free_text && label.is_none()) {
                continue;
            }
            let at = pointer("/settings", &setting.key);
            let at = if many { format!("{at}/{index}") } else { at };
            let name = label.map_or(value, String::as_str);
            let wrong = format!(
                "{} `{name}` is not in the app's list: choose another, or refresh the integration",
                setting.label
            );
            findings.push(warning(Code::TargetGone, at, wrong));
        }
    }
    findings
}
