//! The schemas, and the engine's reading of a detail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::fact::{Fact, FactError, FactKind, ProductSaved};
use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Every schema. References are resolved among these files only.
pub(crate) struct Schemas {
    pub(crate) files: BTreeMap<String, Value>,
    pub(crate) validators: BTreeMap<String, Validator>,
}

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

pub(crate) fn json_files(folder: &str) -> BTreeMap<String, Value> {
    let files = fs::read_dir(events().join(folder)).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        })
        .collect()
}

pub(crate) fn schema_of(detail_type: &str) -> &'static str {
    let schema = FactKind::from_detail_type(detail_type).map_or(ProductSaved::SCHEMA, FactKind::schema);
    schema.strip_suffix(".json").unwrap()
}

/// Reads a detail as the engine does.
pub(crate) fn parse(detail_type: &str, detail: &str) -> Result<(), FactError> {
    if detail_type == ProductSaved::DETAIL_TYPE {
        return ProductSaved::parse(detail).map(drop);
    }
    Fact::parse(detail_type, detail).map(drop)
}

impl Schemas {
    pub(crate) fn load() -> Self {
        let files = json_files("schemas");
        let validators = Self::validators(&files);
        Self { files, validators }
    }

    fn validators(files: &BTreeMap<String, Value>) -> BTreeMap<String, Validator> {
        let mut registry = Registry::new();
        for schema in files.values() {
            registry = registry.add(schema["$id"].as_str().unwrap(), schema).unwrap();
        }
        let registry = registry.prepare().unwrap();
        let options = jsonschema::options().with_registry(&registry).should_validate_formats(true).offline();
        let facts = files.iter().filter(|(name, _)| *name != "common");
        facts.map(|(name, schema)| (name.clone(), options.build(schema).unwrap())).collect()
    }

    pub(crate) fn accepts(&self, detail_type: &str, detail: &Value) -> bool {
        self.validators[schema_of(detail_type)].is_valid(detail)
    }

    /// A reference's target and its file.
    pub(crate) fn follow<'a>(&'a self, file: &'a str, reference: &'a str) -> (&'a str, &'a Value) {
        let (other, pointer) = reference.split_once('#').unwrap();
        let file = other.strip_suffix(".json").unwrap_or(file);
        (file, self.files[file].pointer(pointer).unwrap())
    }

    /// The path of every property below a schema, with `*` for the items of an array.
    pub(crate) fn paths(&self, file: &str, schema: &Value, at: &str, found: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let (file, schema) = self.follow(file, reference);
            self.paths(file, schema, at, found);
        }
        for part in ["allOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
            self.paths(file, part, at, found);
        }
        if let Some(items) = schema.get("items") {
            self.paths(file, items, &format!("{at}/*"), found);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            found.insert(at.clone());
            self.paths(file, property, &at, found);
        }
    }
}
