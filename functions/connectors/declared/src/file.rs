//! The file of a definition.

use crate::definition::{Definition, InvalidDefinition, LARGEST, Problem};

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
