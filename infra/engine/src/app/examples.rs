//! The examples of a definition, compared with it before its actions are performed.

use std::collections::BTreeSet;

use declared::definition::{Definition, InvalidDefinition, Problem};
use declared::file;
use domain::manifest::{Action, Manifest, Method};
use sandbox::Examples;

/// The key of a login's token among the credentials.
const ACCESS_TOKEN: &str = "access_token";

/// Reads the examples of a definition, and checks that its keys are in them. `text` is the file and `json` the same as JSON.
pub(super) fn read(
    definition: &Definition,
    text: &str,
    json: &str,
) -> Result<Option<Examples>, InvalidDefinition> {
    let located = |problems| InvalidDefinition(file::located(text, problems));
    let manifest: Manifest = file::part("", json)?;
    let Some(written) = manifest.examples else { return Ok(None) };
    let examples = file::part("examples", written.get()).map_err(|error| located(error.0))?;
    let problems = problems(definition, &examples);
    if problems.is_empty() { Ok(Some(examples)) } else { Err(located(problems)) }
}

fn problems(definition: &Definition, examples: &Examples) -> Vec<Problem> {
    let (manifest, mut found) = (&definition.manifest, Vec::new());
    let granted =
        definition.calls.granted.iter().flat_map(|granted| granted.values.iter().map(|(name, _)| name));
    let typed = manifest.methods.iter().flat_map(|method| keys(method, true));
    let known: BTreeSet<&str> = typed.chain(granted).collect();
    for key in examples.credentials.keys().filter(|key| !known.contains(key.as_str())) {
        let known: Vec<&str> = known.iter().copied().collect();
        let message = format!("`{key}` is no credential; the credentials are: {}", known.join(", "));
        found.push(Problem::new(format!("examples.credentials.{key}"), message));
    }
    let has = |key: &str| examples.credentials.contains_key(key);
    let mut methods = manifest.methods.iter().map(|method| keys(method, false));
    if let Some(first) = methods.next()
        && !first.iter().all(|key| has(key))
        && !methods.any(|keys| keys.iter().all(|key| has(key)))
    {
        let message = format!("needs the credentials of one method, such as: {}", first.join(", "));
        found.push(Problem::new("examples.credentials", message));
    }
    for key in examples.actions.keys().filter(|key| manifest.action(key).is_none()) {
        let actions: Vec<&str> = manifest.actions.iter().map(|action| action.key.as_str()).collect();
        let message = format!("`{key}` is no action; the actions are: {}", actions.join(", "));
        found.push(Problem::new(format!("examples.actions.{key}"), message));
    }
    found.extend(manifest.actions.iter().filter_map(|action| without_settings(action, examples)));
    found
}

/// An action whose required settings have no value. An action has the settings of its opposite.
fn without_settings(action: &Action, examples: &Examples) -> Option<Problem> {
    let opposite = || examples.actions.get(action.opposite.as_ref()?);
    let performed = examples.actions.get(&action.key).or_else(opposite);
    let has = |key: &str| performed.is_some_and(|performed| performed.settings.contains_key(key));
    let mut required = action.settings.iter().filter(|setting| setting.required);
    let missing = required.find(|setting| !has(&setting.key))?;
    let message =
        format!("needs a value for the setting `{}`: settings: {{ {}: … }}", missing.key, missing.key);
    Some(Problem::new(format!("examples.actions.{}", action.key), message))
}

/// The keys of a method's credentials, with those that are optional or without.
fn keys(method: &Method, with_optional: bool) -> Vec<&str> {
    let typed = method.credentials.iter().filter(|one| with_optional || !one.optional);
    typed.map(|one| one.key.as_str()).chain(method.oauth.as_ref().map(|_| ACCESS_TOKEN)).collect()
}
