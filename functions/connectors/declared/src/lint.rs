//! Doubts about a definition that is valid, for `engine app check`.

use domain::manifest::{Action, EffectKind};
use serde_json::Value;

use crate::definition::{Definition, Kind, Problem, Request, Row, Step, Verb, all};

/// The words by which a description tells what its action requires.
const ADD_A_RULE: &str = "add a rule with";

/// The doubts about a definition that is valid.
pub fn lints(definition: &Definition) -> Vec<Problem> {
    let (manifest, calls) = (&definition.manifest, &definition.calls);
    let mut found = Vec::new();
    let mut doubt = |place: String, message: &str| found.push(Problem::new(place, message));
    for action in &manifest.actions {
        let required = action.requires.iter().filter_map(|key| manifest.action(key));
        let told = action.description.contains(ADD_A_RULE);
        let is_told = |required: &Action| told && action.description.contains(&required.label);
        if !required.clone().all(is_told) || (told && action.requires.is_empty()) {
            let labels: Vec<&str> = required.map(|required| required.label.as_str()).collect();
            let place = format!("actions.{}.description", action.key);
            if labels.is_empty() {
                doubt(place, &format!("says `{ADD_A_RULE}`, so `requires` must name the action"));
            } else {
                let labels = labels.join(" and ");
                doubt(
                    place,
                    &format!(
                        "merchants read here what `requires` names: end it with `{ADD_A_RULE} {labels} for the same trigger.`"
                    ),
                );
            }
        }
        if matches!(action.effect, EffectKind::State { .. }) && action.opposite.is_none() {
            doubt(format!("actions.{}", action.key), "has no opposite: a refund cannot undo it");
        }
    }
    for (method, auth) in &calls.auth {
        if !auth.query.is_empty() {
            let place = format!("call.auth.{method}.query");
            doubt(
                place,
                "puts a credential into the address, which proxies log: use a header if the app accepts one",
            );
        }
    }
    let takes = |status: u16| calls.answers.iter().any(|row| row.status.has(status));
    let refuses = calls.answers.iter().any(|row| row.then == Some(Kind::Reconnect));
    if !takes(401) || !refuses {
        doubt(
            "call.answers".to_owned(),
            "no row takes a 401: without `reconnect`, refused credentials fail each job instead of holding the account's",
        );
    }
    if calls.errors.text.is_empty() {
        doubt("call.errors".to_owned(), "no place of an error's text: every 4xx is retried as unreadable");
    }
    for row in &calls.answers {
        overlooked(row, "call.answers", &mut doubt);
    }
    let actions = calls.actions.iter().map(|(key, steps)| (format!("call.actions.{key}"), steps));
    let blocks = calls.blocks.iter().map(|(name, steps)| (format!("call.blocks.{name}"), steps));
    let performed: Vec<_> = actions.chain(blocks).collect();
    for (place, steps) in &performed {
        unguarded(place, steps, false, &mut doubt);
    }
    let granted = calls.granted.iter().map(|granted| ("call.granted.steps".to_owned(), &granted.steps));
    let tests = [("call.identify.steps".to_owned(), &calls.identify.steps)].into_iter().chain(granted);
    for (place, step) in performed.into_iter().chain(tests).flat_map(|(place, steps)| all(&place, steps)) {
        if let Some(request) = step.request() {
            unread(&place, step, request, &mut doubt);
        }
    }
    found
}

/// A request whose answer is a success with any JSON or none, such as a proxy's.
fn unread(place: &str, step: &Step, request: &Request, doubt: &mut impl FnMut(String, &str)) {
    for row in &request.answers {
        overlooked(row, &format!("{place}.request.answers"), doubt);
    }
    let has_entries = !matches!(step, Step::Request(_));
    let is_captured = request.capture.iter().any(|(_, pointer)| !pointer.optional);
    if !has_entries && !is_captured && request.success.0.is_empty() {
        doubt(
            format!("{place}.request"),
            "takes any answer with a 2xx for a success: name its exact status or a value that it has in `success`, such as 204 \
             or /data/id, or capture a value",
        );
    }
}

/// A row by which a request succeeds, although it looks at neither the body nor an exact status.
fn overlooked(row: &Row, place: &str, doubt: &mut impl FnMut(String, &str)) {
    let ends_well =
        matches!(row.then, Some(Kind::Done | Kind::Already | Kind::Success)) || row.case.is_some();
    let is_exact = row.status.0.iter().all(|(first, last)| first == last && *first != 200);
    let sees_body = row.at.as_ref().is_some_and(|pointer| !pointer.optional && row.is != Some(Value::Null));
    let takes_success = (200..300).any(|status| row.status.has(status));
    if ends_well && takes_success && !is_exact && !sees_body && row.text.is_empty() {
        doubt(
            place.to_owned(),
            "a row takes any answer with a 2xx for a success: name a value of the body in `at`, or an exact status other than 200",
        );
    }
}

/// Requests that create something and may be sent twice. `guarded`: a step before found that there is none.
fn unguarded(place: &str, steps: &[Step], guarded: bool, doubt: &mut impl FnMut(String, &str)) {
    let mut guarded = guarded;
    for (index, step) in steps.iter().enumerate() {
        let place = format!("{place}[{index}]");
        match step {
            Step::Request(request) => {
                if request.method == Verb::Post && !guarded && !answers_repetition(request) {
                    doubt(
                        format!("{place}.request"),
                        "creates something without a guard: if its answer is lost, it is sent again. Find it first, give the \
                         app an id of the job, take the app's answer to a repetition, or say in `repeatable` why it is safe",
                    );
                }
                unguarded(&format!("{place}.request.then"), &request.then, true, doubt);
                for (case, steps) in &request.on {
                    unguarded(&format!("{place}.request.on.{case}"), steps, true, doubt);
                }
            }
            Step::Find(find) => {
                unguarded(&format!("{place}.find.missing"), &find.missing, true, doubt);
                unguarded(&format!("{place}.find.then"), &find.then, true, doubt);
                guarded = true;
            }
            Step::If(choice) => {
                unguarded(&format!("{place}.if.then"), &choice.then, guarded, doubt);
                unguarded(&format!("{place}.if.else"), &choice.otherwise, guarded, doubt);
            }
            Step::Each(each) => unguarded(&format!("{place}.each.steps"), &each.steps, guarded, doubt),
            // A block usually finds or creates.
            Step::Collect(_) | Step::Use(_) => guarded = true,
            Step::Let(_) | Step::Note(_) | Step::Done(_) | Step::Already(_) | Step::End(_) => {}
        }
    }
}

/// Whether a request's own answers include one to a repetition, or it says why it can be repeated.
fn answers_repetition(request: &Request) -> bool {
    let is_repetition = |then: Option<Kind>| matches!(then, Some(Kind::Already | Kind::Done | Kind::Success));
    request.repeatable.is_some()
        || request.answers.iter().any(|row| is_repetition(row.then))
        || request.on.values().flatten().any(|step| matches!(step, Step::Already(_)))
}
