//! The place of a problem as a path into the document.

use serde_json::Value;
use yaml::Step;

/// The path of a place, such as `actions.add_tag.effect` or `call.actions.add_tag[1].if.then[0].request`, as far as the document
/// has it. An action or a credential in a list is named by its key. A step with `when` is checked as an `if`, which the
/// document then does not have.
pub(super) fn steps(document: &Value, place: &str) -> Vec<Step> {
    // A condition with a name is shown where it is used; the problem is in the condition.
    let place = place.rsplit(" > ").next().unwrap_or_default();
    let (mut value, mut path) = (document, Vec::new());
    for name in names(place) {
        let step = match value {
            Value::Object(fields) if fields.contains_key(name) => Step::from(name),
            Value::Object(fields) if fields.contains_key("when") && ["if", "then", "0"].contains(&name) => {
                continue;
            }
            Value::Array(list) => match index(list, name) {
                Some(index) => Step::from(index),
                None => break,
            },
            _ => break,
        };
        value = match &step {
            Step::Key(key) => &value[key.as_str()],
            Step::Index(index) => &value[*index],
        };
        path.push(step);
    }
    path
}

/// The names and the numbers of a place.
fn names(place: &str) -> impl Iterator<Item = &str> {
    place.split(['.', '[']).map(|name| name.strip_suffix(']').unwrap_or(name)).filter(|name| !name.is_empty())
}

/// The place in a list of an entry with this number or key, or whose opposite has this key.
fn index(list: &[Value], name: &str) -> Option<usize> {
    let is_named = |entry: &Value| entry["key"] == name || entry["undo"]["key"] == name;
    name.parse().ok().filter(|index| *index < list.len()).or_else(|| list.iter().position(is_named))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
actions:
  - key: add
    undo: { key: remove }
call:
  actions:
    add:
      - { when: { value: a, present: true },
          request: { path: [a,
                            b] } }
      - if:
          when: { value: a, present: true }
          then:
            - note: x
  conditions:
    old: { value: b, present: true }
";

    #[test]
    fn a_place_is_found_on_its_line() {
        let positions = yaml::Positions::of(TEXT);
        let document = positions.value().unwrap();
        for (place, line) in [
            ("actions.add.label", Some(2)),
            ("actions.remove", Some(2)),
            ("actions[0].undo", Some(3)),
            ("call.actions.add[0].if.then[0].request.path[1]", Some(9)),
            ("call.actions.add[0].if.when", Some(7)),
            ("call.actions.add[1].if.then[0].note", Some(13)),
            ("call.actions.add[0].when > call.conditions.old.value", Some(15)),
            ("call.origin", Some(5)),
            ("file", None),
        ] {
            let found = positions.find(&steps(&document, place)).map(|at| at.line);
            assert_eq!(found, line, "{place}");
        }
    }
}
