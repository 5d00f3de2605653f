//! The errors of serde in the words of the documentation: its own name Rust's types.

/// The longest value in a message, in characters.
const LONGEST: usize = 80;

/// The message for the author of the file.
pub(super) fn message(said: &str) -> String {
    // serde's position is that of the JSON, not of the file.
    let said = said.rsplit_once(" at line ").map_or(said, |(message, _)| message);
    let names = |known: &str| known.trim_start_matches("one of ").replace("` or `", "`, `");
    if let Some((name, known)) = two(said, "unknown field `", "`, expected ") {
        format!("the field `{}` does not exist; the fields are: {}", short(name), names(known))
    } else if let Some((name, known)) = two(said, "unknown variant `", "`, expected ") {
        format!("`{}` is not one of: {}", short(name), names(known))
    } else if let Some(name) = said.strip_prefix("missing field ") {
        format!("the field {name} is missing")
    } else if let Some((found, wanted)) =
        two(said, "invalid type: ", ", expected ").or_else(|| two(said, "invalid value: ", ", expected "))
    {
        let is_unquoted = ["integer", "float", "boolean"].iter().any(|kind| found.starts_with(kind));
        let quotes = if wanted == "a string" && is_unquoted { ": put it in quotes" } else { "" };
        format!("must be {}, not {}{quotes}", wants(wanted), finds(found))
    } else if let Some((_, wanted)) = two(said, "invalid length ", ", expected ") {
        format!("must be {}, not a list", wants(wanted))
    } else {
        said.to_owned()
    }
}

/// The texts after a beginning, before and after what separates them.
fn two<'s>(said: &'s str, beginning: &str, between: &str) -> Option<(&'s str, &'s str)> {
    said.strip_prefix(beginning)?.rsplit_once(between)
}

fn wants(wanted: &str) -> &str {
    match wanted {
        "a string" | "string or map" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if wanted.starts_with("struct ") || wanted.starts_with("internally tagged enum ") => "an object",
        _ if wanted.starts_with(['u', 'i']) && wanted[1..].chars().all(|c| c.is_ascii_digit()) => {
            "a whole number in its range"
        }
        _ => wanted,
    }
}

fn finds(found: &str) -> String {
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {}", short(text)),
        Some(("integer", number)) => format!("the number {number}"),
        Some(("floating", number)) => format!("the number {}", number.trim_start_matches("point ")),
        Some(("boolean", value)) => value.to_owned(),
        _ => match found {
            "sequence" => "a list".to_owned(),
            "map" => "an object".to_owned(),
            "null" | "unit value" => "empty".to_owned(),
            other => other.to_owned(),
        },
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use domain::manifest::{EffectKind, Manifest, Rate};
    use serde::de::DeserializeOwned;

    use super::*;

    fn told<T: DeserializeOwned>(json: &str) -> String {
        message(&serde_json::from_str::<T>(json).err().unwrap().to_string())
    }

    #[test]
    fn an_error_names_the_field_the_value_and_what_is_needed() {
        let rate = told::<Rate>;
        assert_eq!(
            rate(r#"{"call": 1}"#),
            "the field `call` does not exist; the fields are: `calls`, `seconds`"
        );
        assert_eq!(rate(r#"{"calls": 1}"#), "the field `seconds` is missing");
        assert_eq!(
            rate(r#"{"calls": "many"}"#),
            "must be a whole number in its range, not the text \"many\""
        );
        assert_eq!(rate(r#"{"calls": -1}"#), "must be a whole number in its range, not the number `-1`");
        assert_eq!(rate(r#"{"calls": [1]}"#), "must be a whole number in its range, not a list");
        assert_eq!(rate("5"), "must be an object, not the number `5`");
        assert_eq!(told::<Manifest>("null"), "must be an object, not empty");
        assert_eq!(told::<Manifest>("[]"), "must be an object, not a list");
        assert_eq!(told::<Vec<String>>("[5]"), "must be a text, not the number `5`: put it in quotes");
        assert_eq!(told::<Vec<String>>("\"a\""), "must be a list, not the text \"a\"");
        assert_eq!(told::<bool>("\"yes\""), "must be true or false, not the text \"yes\"");
        assert_eq!(told::<EffectKind>(r#"{"kind": "stat"}"#), "`stat` is not one of: `state`, `message`");
        let long = told::<bool>(&format!("\"{}\"", "x".repeat(10_000)));
        assert!(long.len() < 200 && long.ends_with('…'), "{long}");
    }
}
