//! Projections: the attributes that a read returns.

use std::collections::BTreeMap;

use super::path::Step;
use super::{Kind, Parser, Path, Placeholders, invalid};
use crate::aws::dynamodb::error::Refusal;
use crate::aws::dynamodb::value::{Item, Value};

/// The paths of a projection.
#[derive(Debug)]
pub(in crate::aws::dynamodb) struct Projection<'a>(Vec<Path<'a>>);

impl<'a> Projection<'a> {
    pub(in crate::aws::dynamodb) fn parse(
        text: &'a str,
        placeholders: &Placeholders<'a>,
    ) -> Result<Self, Refusal> {
        let mut parser = Parser::new(Kind::Projection, text, placeholders)?;
        let mut paths: Vec<Path<'a>> = Vec::new();
        loop {
            let path = parser.path()?;
            if let Some(clash) = paths.iter().find_map(|other| other.clash(&path)) {
                return Err(invalid(Kind::Projection, clash));
            }
            paths.push(path);
            if !parser.takes(",") {
                break;
            }
        }
        parser.end()?;
        Ok(Self(paths))
    }

    pub(in crate::aws::dynamodb) fn of_paths(paths: Vec<Path<'a>>) -> Self {
        Self(paths)
    }

    /// The part of an item that the projection names. The elements of a list move together.
    pub(in crate::aws::dynamodb) fn of(&self, item: &Item) -> Item {
        let mut nodes = BTreeMap::new();
        for path in &self.0 {
            if let Some(value) = path.of(item) {
                let root = nodes.entry(path.root).or_insert_with(|| Node::of(&item[path.root]));
                root.add(&item[path.root], &path.steps, value);
            }
        }
        nodes.into_iter().map(|(name, node)| (name.to_owned(), node.value())).collect()
    }
}

/// A part of a value.
#[derive(Debug)]
enum Node<'i> {
    Whole(&'i Value),
    Map(BTreeMap<&'i str, Node<'i>>),
    List(BTreeMap<usize, Node<'i>>),
}

impl<'i> Node<'i> {
    fn of(value: &'i Value) -> Self {
        match value {
            Value::M(_) => Self::Map(BTreeMap::new()),
            Value::L(_) => Self::List(BTreeMap::new()),
            other => Self::Whole(other),
        }
    }

    fn add(&mut self, whole: &'i Value, steps: &[Step<'_>], value: &'i Value) {
        match (self, whole, steps) {
            (node, _, []) => *node = Self::Whole(value),
            (Self::Map(nodes), Value::M(map), [Step::Name(name), rest @ ..]) => {
                if let Some((name, part)) = map.get_key_value(*name) {
                    nodes.entry(name).or_insert_with(|| Self::of(part)).add(part, rest, value);
                }
            }
            (Self::List(nodes), Value::L(list), [Step::Index(index), rest @ ..]) => {
                if let Some(part) = list.get(*index) {
                    nodes.entry(*index).or_insert_with(|| Self::of(part)).add(part, rest, value);
                }
            }
            _ => {}
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Whole(value) => value.clone(),
            Self::Map(nodes) => {
                Value::M(nodes.into_iter().map(|(name, node)| (name.to_owned(), node.value())).collect())
            }
            Self::List(nodes) => Value::L(nodes.into_values().map(Node::value).collect()),
        }
    }
}
