//! The messages for documents that cannot be parsed.

use std::error::Error;

use super::*;

/// Words of parsers, of YAML's specification and of Rust.
const FOREIGN: &str = include_str!("../../../../yaml/src/foreign.txt");
/// Words of the library that reads the parsed document.
const READER: [&str; 7] =
    ["expected `", "invalid type", "unknown variant", "at line", "column", "Some(", "None"];

/// A rule with these lines after its fields.
fn rule(lines: &str) -> String {
    format!("rules:\n  - trigger: t\n    integration: i\n    action: a\n{lines}")
}

#[test]
fn a_broken_file_is_reported_where_it_breaks_with_what_to_do() {
    let mut wrong = Vec::new();
    for (name, text, place, said) in [
        ("tab.yaml", rule("\tname: x\n"), "5:1", "a tab is used as indentation: indent with spaces"),
        (
            "twice.yaml",
            rule("    action: b\n"),
            "5:5",
            "the field `action` is in one object twice: keep one of them",
        ),
        ("empty.yaml", " \n".to_owned(), "", "it is empty: give the field `rules` with a list of rules"),
        (
            "words.yaml",
            "just words\n".to_owned(),
            "",
            "text is not an object with the fields marketplace, rules",
        ),
        (
            "array.yaml",
            "- trigger: t\n".to_owned(),
            "",
            "a list is not an object with the fields marketplace, rules",
        ),
        ("number.yaml", "rules: 7\n".to_owned(), "1:8", "`rules` is a list of objects, not a number"),
        ("empty.json", String::new(), "", "it is empty"),
        ("comma.json", "{ \"rules\": [],\n}".to_owned(), "2:1", "a comma follows the last value: remove it"),
        ("end.json", "{ \"rules\": [".to_owned(), "1:12", "the file ends too early"),
        ("bare.json", "{ rules: [] }".to_owned(), "1:3", "the name of a field must be in double quotes"),
        ("more.json", "{ \"rules\": [] } x".to_owned(), "1:17", "text follows the end of the document"),
        (
            "value.json",
            "{ \"rules\": no }".to_owned(),
            "1:13",
            "a word is not in double quotes: only `true`, `false` and `null` are written without",
        ),
        (
            "zero.json",
            "{ \"rules\": 007 }".to_owned(),
            "1:13",
            "a number is not complete, or begins with a zero",
        ),
        ("large.json", "{ \"rules\": 1e999 }".to_owned(), "1:16", "a number is too large"),
        ("colon.json", "{ \"rules\" [] }".to_owned(), "1:11", "a `,`, a `:`, a `}` or a `]` is missing here"),
        (
            "escape.json",
            "{ \"marketplace\": \"C:\\sales\" }".to_owned(),
            "1:22",
            "does not form a valid escape",
        ),
        (
            "line.json",
            "{ \"marketplace\": \"a\nb\" }".to_owned(),
            "2:1",
            "a text contains a line break, a tab",
        ),
        (
            "twice.json",
            "{ \"rules\": [],\n  \"rules\": [] }".to_owned(),
            "2:9",
            "the field `rules` is in one object twice",
        ),
    ] {
        let error = Source::new(PathBuf::from(name), text).parse().unwrap_err();
        let told = format!("{error} / {}", error.source().unwrap());
        let at = if place.is_empty() { name.to_owned() } else { format!("{name}:{place}: ") };
        let foreign = FOREIGN.lines().chain(READER).find(|word| told.contains(*word));
        if !told.contains(&at) || !told.contains(said) || foreign.is_some() {
            wrong.push(format!("{at} {said}\n{told} {foreign:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn all_mistakes_of_a_files_shape_are_told_in_one_run_each_with_its_place() {
    let text = "rules:\n  - trigger: 7\n    integration: i\n    actoin: a\n  - [x]\n  - trigger: t\n    integration: i\n    action: a\n    enabled: maybe\n    products: [12]\n";
    let error = Source::new(PathBuf::from("r.yaml"), text.to_owned()).parse().unwrap_err();
    let told = error.source().unwrap().to_string();
    for said in [
        "r.yaml:2:14: rule 1: `trigger` is text, not a number",
        "r.yaml:4:13: rule 1: the field `actoin` does not exist",
        "r.yaml:2:5: rule 1: the field `action` is missing",
        "r.yaml:5:5: rule 2: a list is not an object",
        "r.yaml:9:14: rule 3: `enabled` is true or false, not text",
        "r.yaml:10:16: rule 3: a product's id is text, not a number: put it in quotes",
    ] {
        assert!(told.contains(said), "{said}\n{told}");
    }
    assert!(told.starts_with("the file has 6 errors"), "{told}");
}
