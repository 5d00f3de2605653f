//! The file of a definition.

use domain::manifest::Manifest;
use serde::Deserialize;

use crate::check;
use crate::definition::{Calls, Definition, InvalidDefinition, LARGEST, Problem};

/// Reads and checks the YAML text of a definition. Returns its JSON too, as functions read it.
///
/// # Errors
/// [`InvalidDefinition`]
pub fn read(text: &str) -> Result<(Definition, String), InvalidDefinition> {
    let json = yaml::to_json(text, LARGEST).map_err(|error| {
        let place = error.line.map_or_else(|| "file".to_owned(), |line| format!("line {line}"));
        InvalidDefinition(vec![Problem { place, message: error.why }])
    })?;
    Ok((Definition::read(&json)?, json))
}

impl InvalidDefinition {
    fn one(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![Problem { place: place.into(), message: message.into() }])
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
        let mut manifest: Manifest = typed("", json)?;
        let Some(call) = manifest.call.take() else {
            return Err(InvalidDefinition::one("call", "is missing: it says how the app is called"));
        };
        let calls: Calls = typed("call", call.get())?;
        manifest.examples = None;
        let problems = check::problems(&manifest, &calls);
        if problems.is_empty() { Ok(Self { manifest, calls }) } else { Err(InvalidDefinition(problems)) }
    }
}

fn typed<'j, T: Deserialize<'j>>(place: &str, json: &'j str) -> Result<T, InvalidDefinition> {
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
        // serde's position is that of the JSON, not of the file.
        let message = error.into_inner().to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        InvalidDefinition::one(place, message)
    })
}
