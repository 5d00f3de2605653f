//! Doubts about a definition that is valid, for `engine app check`.

use domain::manifest::EffectKind;

use crate::definition::{Definition, Kind, Problem, Request, Step, Verb};

/// The doubts about a definition that is valid.
pub fn lints(definition: &Definition) -> Vec<Problem> {
    let (manifest, calls) = (&definition.manifest, &definition.calls);
    let mut found = Vec::new();
    let mut doubt = |place: String, message: &str| found.push(Problem { place, message: message.to_owned() });
    for action in &manifest.actions {
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
    for (key, steps) in &calls.actions {
        unguarded(&format!("call.actions.{key}"), steps, false, &mut doubt);
    }
    for (name, steps) in &calls.blocks {
        unguarded(&format!("call.blocks.{name}"), steps, false, &mut doubt);
    }
    found
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
