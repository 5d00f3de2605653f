//! The YAML parser, with limits on depth and size, because documents come from users and operators.

use serde::de::DeserializeSeed;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Options};

use crate::Position;

/// The maximum depth of nesting. A rule needs five levels, an app's definition about fifteen.
pub const DEEPEST: usize = 32;

/// The maximum number of values of a document. Every export of rules has fewer: it has at most 750,000 bytes, and each value of
/// it takes at least eight.
pub const MOST_VALUES: usize = 100_000;

/// Parses a text. A plain word is a number or a boolean if it is one in YAML 1.2, and otherwise text.
pub fn read<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Error> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), |reader| seed.deserialize(reader))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_nodes: MOST_VALUES,
            // Every rule may use the same anchor. [`expanded_size`](crate::expanded_size) bounds the size of the expansion.
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// Words of the parser's messages, and the sentence for the author of the document. The first match counts.
/// <https://docs.rs/granit-parser>
const CAUSES: [(&str, &str); 24] = [
    ("tab", TAB),
    ("recursion limit", TOO_DEEP),
    ("unclosed quote", NOT_CLOSED),
    ("unclosed bracket '['", LIST),
    ("unclosed bracket '{'", OBJECT),
    ("flow sequence", LIST),
    ("flow mapping", OBJECT),
    ("flow construct", "a line within brackets or braces begins too far to the left: indent it"),
    ("trailing content after", "text follows a closing quote: put the whole text in one pair of quotes"),
    ("multiline quoted scalar", NOT_CLOSED),
    ("escape", ESCAPE),
    ("surrogate", ESCAPE),
    ("hexadecimal", ESCAPE),
    ("quoted scalar", NOT_CLOSED),
    ("block scalar", "the text after `|` or `>` must begin on the next line, indented by spaces"),
    ("expected node content", MISSING),
    ("anchor", ALIAS),
    ("alias", ALIAS),
    ("tag", "text that begins with `!` must be in quotes"),
    ("directive", "text that begins with `%` must be in quotes"),
    ("mapping values are not allowed", COLON),
    ("simple key", COLON),
    (
        "character",
        "this text begins with a character that YAML reserves, such as `@`: put the text in quotes",
    ),
    ("document", "the file must have one document: remove lines that begin with `---` or `...`"),
];
const TAB: &str = "a tab is used as indentation: indent with spaces";
const MISSING: &str = "a value is missing here, or is not complete: check its brackets, braces and quotes";
const LIST: &str = "a list in brackets is not complete: check its `[`, `]` and the commas between its values";
const OBJECT: &str =
    "an object in braces is not complete: check its `{`, `}` and the commas between its fields";
const TOO_DEEP: &str =
    "it is nested more than 32 deep, or has too many values or aliases, at most 100,000: simplify it";
const NOT_CLOSED: &str = "a quote is not closed: add the missing quote at the end of the text";
const ESCAPE: &str =
    "a `\\` in double quotes does not form a valid escape: use single quotes, or write `\\\\` for one `\\`";
const ALIAS: &str =
    "text that begins with `*` or `&` must be in quotes; as an alias, `*name` needs `&name` before it";
const COLON: &str = "a `:` is not expected here: begin each field on a line of its own, and put text that contains `: ` in quotes";
/// The sentence for every other syntax error.
const OTHER: &str = "the text does not continue as YAML expects: give all fields of an object, and all entries of a list, the \
     same indentation";

/// The error message for the author of the document.
pub fn message(error: &Error) -> String {
    match error {
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => TOO_DEEP.to_owned(),
        Error::AliasError { error, .. } => message(error),
        Error::DuplicateMappingKey { key, .. } => duplicate(key.as_deref()),
        Error::NonFiniteFloat { value, .. } => format!("`{value}` is no number in JSON: write it in quotes"),
        Error::UnknownAnchor { .. } => ALIAS.to_owned(),
        Error::MultipleDocuments { .. } => cause("document").to_owned(),
        Error::Eof { .. } => "the file ends before its last value: complete it".to_owned(),
        Error::ExternalMessage { msg, .. } => cause(msg).to_owned(),
        // The messages of this crate's own checks.
        Error::Message { msg, .. } => msg.clone(),
        _ => "the value is not of the type that its field needs, or has a tag that does not fit it: remove the tag".to_owned(),
    }
}

fn cause(said: &str) -> &'static str {
    CAUSES.iter().find(|(word, _)| said.contains(word)).map_or(OTHER, |(_, sentence)| sentence)
}

/// The message for a field that an object has twice.
pub fn duplicate(key: Option<&str>) -> String {
    let key: String = key.unwrap_or_default().chars().take(80).collect();
    let field = if key.is_empty() { "a field".to_owned() } else { format!("the field `{key}`") };
    format!("{field} is in one object twice: keep one of them")
}

/// The position of an error in the text. The parser reports a tab where the text before it begins.
pub fn position(text: &str, error: &Error) -> Option<Position> {
    let at = error.location().and_then(|location| Position::of(&location))?;
    let is_tab = matches!(error, Error::ExternalMessage { msg, .. } if cause(msg) == TAB);
    Some(if is_tab { tab(text, at).unwrap_or(at) } else { at })
}

/// The first tab in the indentation of a line, at or after a position.
fn tab(text: &str, from: Position) -> Option<Position> {
    let lines = text.lines().enumerate().skip(from.line.saturating_sub(1));
    let mut tabs = lines.filter_map(|(index, line)| {
        let indentation = line.chars().take_while(|c| c.is_whitespace());
        Some(Position { line: index + 1, column: indentation.into_iter().position(|c| c == '\t')? + 1 })
    });
    tabs.next()
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use serde_json::Value;

    use super::*;

    /// Words of parsers, of YAML's specification and of Rust.
    const FOREIGN: &str = include_str!("foreign.txt");

    /// A rule with these lines after its fields.
    fn rule(lines: &str) -> String {
        format!("rules:\n  - trigger: t\n    integration: i\n    action: a\n{lines}")
    }

    #[test]
    fn a_broken_text_is_reported_where_it_breaks_with_what_to_do() {
        let two = |text: &str| format!("rules: []\n{text}");
        let mut wrong = Vec::new();
        for (text, place, said) in [
            (rule("\tname: x\n"), "5:1", TAB),
            (rule("    settings:\n    \ttag: x\n"), "6:5", TAB),
            (rule("    name: \"x\n"), "5:11", NOT_CLOSED),
            (rule("    name: 'x\n"), "5:11", NOT_CLOSED),
            (rule("    name: 'it's'\n"), "5:15", "text follows a closing quote"),
            (rule("    products: [a, b\n"), "5:15", "a list in brackets is not complete"),
            (rule("    products: [\n"), "5:15", LIST),
            (rule("    settings: { tag: x\n"), "5:15", "an object in braces is not complete"),
            (rule("    action: b\n"), "5:5", "the field `action` is in one object twice: keep one of them"),
            (rule("    name: Buyers: all\n"), "5:17", COLON),
            (rule("    name: @all\n"), "5:11", "a character that YAML reserves, such as `@`"),
            (rule("    name: `all`\n"), "5:11", "a character that YAML reserves, such as `@`"),
            (rule("    name: %all\n"), "5:11", "a character that YAML reserves"),
            (rule("    name: *all\n"), "5:11", ALIAS),
            (rule("    settings: { a: &a [x], b: [*a, *b] }\n"), "5:36", ALIAS),
            (rule("    name: \"C:\\sales\"\n"), "5:11", ESCAPE),
            (rule("    name: !!int x\n"), "5:17", "remove the tag"),
            (rule("   name: x\n"), "5:4", OTHER),
            (rule("    name\n"), "5:5", COLON),
            (rule("    name: | x\n"), "5:11", "the text after `|` or `>` must begin on the next line"),
            ("rules:\n  - trigger: t\n - trigger: u\n".to_owned(), "3:2", OTHER),
            (two("---\nrules: []\n"), "3:1", "the file must have one document"),
            (two("}\n"), "2:1", OTHER),
            ("[".repeat(100), "1:33", TOO_DEEP),
        ] {
            let error = read(&text, PhantomData::<Value>).unwrap_err();
            let told = message(&error);
            let at = position(&text, &error).map(|at| at.to_string()).unwrap_or_default();
            let foreign = FOREIGN.lines().find(|word| told.contains(*word));
            if at != place || !told.contains(said) || foreign.is_some() {
                wrong.push(format!("{text}\n{place} {said}\n{at} {told} {foreign:?} ({error:?})"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}
