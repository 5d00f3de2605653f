//! The file of a definition.

mod place;
mod words;

use domain::manifest::Manifest;
use serde::Deserialize;
use yaml::Positions;

use self::place::steps;
use crate::check;
use crate::definition::{Calls, Definition, InvalidDefinition, LARGEST, Problem};

/// Reads and checks the YAML text of a definition. Returns its JSON too, as functions read it.
///
/// # Errors
/// [`InvalidDefinition`]
pub fn read(text: &str) -> Result<(Definition, String), InvalidDefinition> {
    let json = yaml::to_json(text, LARGEST).map_err(|error| {
        let place = if error.line.is_some() { "" } else { "file" };
        InvalidDefinition(vec![Problem { line: error.line, ..Problem::new(place, error.why) }])
    })?;
    match Definition::read(&json) {
        Ok(definition) => Ok((definition, json)),
        Err(InvalidDefinition(problems)) => Err(InvalidDefinition(located(text, problems))),
    }
}

/// The problems with their lines in the text of a definition.
pub fn located(text: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let positions = Positions::of(text);
    let document = positions.value().unwrap_or_default();
    let located = |problem: Problem| {
        let line = problem.line.or_else(|| Some(positions.find(&steps(&document, &problem.place))?.line));
        Problem { line, ..problem }
    };
    problems.into_iter().map(located).collect()
}

/// Reads a part of a definition from its JSON text. `place` is the part's place, empty for the whole.
///
/// # Errors
/// A field is unknown, missing or of another type.
pub fn part<'j, T: Deserialize<'j>>(place: &str, json: &'j str) -> Result<T, InvalidDefinition> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = serde_path_to_error::deserialize(&mut reader);
    read.map_err(|error| {
        let within = error.path().to_string();
        let place = match (place, within.as_str()) {
            ("", ".") => "file".to_owned(),
            ("", within) => within.to_owned(),
            (place, ".") => place.to_owned(),
            (place, within) => format!("{place}.{within}"),
        };
        InvalidDefinition::one(place, words::message(&error.into_inner().to_string()))
    })
}

impl InvalidDefinition {
    fn one(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Problem::new(place, message)])
    }
}

impl Definition {
    /// Reads a definition from its JSON text, and checks it.
    ///
    /// # Errors
    /// [`InvalidDefinition`]
    pub fn read(json: &str) -> Result<Self, InvalidDefinition> {
        if json.len() > LARGEST {
            return Err(InvalidDefinition::one("file", format!("a definition has at most {LARGEST} bytes")));
        }
        let mut manifest: Manifest = part("", json)?;
        let Some(call) = manifest.call.take() else {
            return Err(InvalidDefinition::one("call", "is missing: it says how the app is called"));
        };
        let calls: Calls = part("call", call.get())?;
        manifest.examples = None;
        let problems = check::problems(&manifest, &calls);
        if problems.is_empty() { Ok(Self { manifest, calls }) } else { Err(InvalidDefinition(problems)) }
    }
}
