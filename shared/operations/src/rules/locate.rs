//! Where something stands in a file: its line, found by reading up to it and failing there.
//!
//! Neither parser keeps the places of what it has read, but both say where an error arose.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::document::{Format, Source};

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value under a key.
    Key(String),
    /// An element of a list, from 0.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// The line on which the value at a path begins, counted from 1; that of the innermost part of the path which exists.
pub fn line(source: &Source, path: &[Step]) -> Option<usize> {
    (1..=path.len()).rev().find_map(|length| line_of(source, &path[..length]))
}

fn line_of(source: &Source, path: &[Step]) -> Option<usize> {
    match source.format {
        Format::Yaml => {
            let reader = serde_norway::Deserializer::from_str(&source.text);
            Some(Find { path, at_once: false }.deserialize(reader).err()?.location()?.line())
        }
        Format::Json => {
            let mut reader = serde_json::Deserializer::from_str(&source.text);
            Some(Find { path, at_once: true }.deserialize(&mut reader).err()?.line())
        }
    }
}

/// Reads a document and fails as soon as the path leads nowhere further.
struct Find<'a> {
    path: &'a [Step],
    /// Whether to fail before the value is read. The JSON reader stands at its first letter then, and behind it later;
    /// the YAML reader knows a value's place only once it has it.
    at_once: bool,
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.at_once {
            self.scalar()?;
        }
        reader.deserialize_any(self)
    }
}

impl Find<'_> {
    fn scalar<E: Error>(&self) -> Result<(), E> {
        if self.path.is_empty() { Err(E::custom("here")) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.path.split_first() else { return self.scalar() };
        while let Some(key) = map.next_key::<String>()? {
            if *step == Step::Key(key) {
                map.next_value_seed(Find { path: rest, ..self })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((Step::Index(wanted), rest)) = self.path.split_first() else {
            // A list that the path ends at, or does not expect.
            self.scalar()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        for index in 0.. {
            let more = if index == *wanted {
                list.next_element_seed(Find { path: rest, ..self })?.is_some()
            } else {
                list.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const YAML: &str = "\
# a comment
marketplace: demo
rules:
  - name: One
    trigger: x

  - # another comment
    name: Two
    settings: { list_id: demo,
                tag: [VIP] }
    conditions:
      - field: amount
        operator: equals
      - { field: currency, operator: exists }
  - {name: Three}
";
    const JSON: &str = r#"{
  "marketplace": "demo",
  "rules": [
    {
      "name": "One",
      "trigger": "x"
    },
    { "name": "Two",
      "conditions": [
        { "field": "amount" },
        { "field": "currency" }
      ] }
  ]
}"#;

    fn find(name: &str, text: &str, path: &[Step]) -> Option<usize> {
        line(&Source::new(PathBuf::from(name), text.to_owned()), path)
    }

    #[test]
    fn a_path_leads_to_the_line_where_its_value_begins_in_any_style_of_yaml() {
        let rule = |index: usize, rest: &[Step]| {
            let path = [&["rules".into(), index.into()], rest].concat();
            find("r.yaml", YAML, &path)
        };
        assert_eq!(rule(0, &[]), Some(4));
        assert_eq!(rule(0, &["trigger".into()]), Some(5));
        assert_eq!(rule(1, &[]), Some(8));
        assert_eq!(rule(1, &["settings".into(), "tag".into()]), Some(10));
        assert_eq!(rule(1, &["conditions".into(), 0.into(), "operator".into()]), Some(13));
        assert_eq!(rule(1, &["conditions".into(), 1.into(), "operator".into()]), Some(14));
        assert_eq!(rule(2, &["name".into()]), Some(15));
    }

    #[test]
    fn a_path_leads_to_its_line_in_json() {
        let rule = |index: usize, rest: &[Step]| {
            let path = [&["rules".into(), index.into()], rest].concat();
            find("r.json", JSON, &path)
        };
        assert_eq!(rule(0, &[]), Some(4));
        assert_eq!(rule(0, &["trigger".into()]), Some(6));
        assert_eq!(rule(1, &[]), Some(8));
        assert_eq!(rule(1, &["conditions".into(), 1.into(), "field".into()]), Some(11));
    }

    #[test]
    fn what_is_not_there_is_found_where_it_belongs() {
        let path: [Step; 4] = ["rules".into(), 1.into(), "settings".into(), "double_opt_in".into()];
        assert_eq!(find("r.yaml", YAML, &path), Some(9));
        assert_eq!(find("r.yaml", YAML, &["rules".into(), 7.into()]), Some(4));
        assert_eq!(find("r.yaml", YAML, &["nothing".into()]), None);
    }
}
