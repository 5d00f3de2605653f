//! An account's option lists, indexed by value and by name: the rules of a document look up tens of thousands of values
//! in lists of up to [`MOST`](super::MOST) options.

use std::collections::HashMap;

use super::{OptionItem, Pulled};
use crate::manifest::Setting;
use crate::settings::Settings;

/// An account's option lists.
#[derive(Debug, Default)]
pub struct Lists(Vec<List>);

/// One list.
#[derive(Debug)]
pub(crate) struct List {
    pulled: Pulled,
    /// The first option of each value, by the value in lower case.
    values: HashMap<String, usize>,
    /// The options that belong to no other option.
    whole: Options,
    /// The options that belong to a value of another list, by that value.
    of_parent: HashMap<String, Options>,
}

/// Options by value and by name, each in lower case.
#[derive(Debug, Default)]
struct Options {
    /// The first option of each value.
    values: HashMap<String, usize>,
    /// The first option of each name, and whether all options with that name have the same value.
    names: HashMap<String, (usize, bool)>,
}

impl From<Vec<Pulled>> for Lists {
    fn from(pulled: Vec<Pulled>) -> Self {
        Self(pulled.into_iter().map(List::from).collect())
    }
}

impl From<Pulled> for List {
    fn from(pulled: Pulled) -> Self {
        let (mut values, mut whole, mut of_parent) = (HashMap::new(), Options::default(), HashMap::new());
        for (index, item) in pulled.items.iter().enumerate() {
            let value = item.value.to_lowercase();
            let options: &mut Options = match &item.parent {
                None => &mut whole,
                Some(parent) => of_parent.entry(parent.clone()).or_default(),
            };
            values.entry(value.clone()).or_insert(index);
            options.values.entry(value).or_insert(index);
            let named = options.names.entry(item.label.trim().to_lowercase()).or_insert((index, true));
            named.1 &= pulled.items[named.0].value == item.value;
        }
        Self { pulled, values, whole, of_parent }
    }
}

impl Lists {
    /// The list that a setting is chosen from.
    pub(crate) fn of(&self, setting: &Setting) -> Option<&List> {
        self.0.iter().find(|list| setting.options.as_deref() == Some(&list.pulled.list))
    }
}

impl List {
    /// Whether the app has more options than are listed.
    pub(crate) fn is_cut(&self) -> bool {
        self.pulled.truncated
    }

    /// The option with a value.
    pub(crate) fn find(&self, value: &str) -> Option<&OptionItem> {
        self.values.get(&value.to_lowercase()).map(|index| &self.pulled.items[*index])
    }

    /// The option that a text means: the option with that value, unless the text is known to be a name; else the only
    /// option with that name. A rule about one audience never matches an option of another.
    pub(super) fn meant(&self, settings: &Settings, typed: &str, is_name: bool) -> Option<&OptionItem> {
        let typed = typed.to_lowercase();
        let texts = settings.0.values().filter_map(|value| value.as_str());
        let of_parents = texts.filter_map(|parent| self.of_parent.get(parent.trim()));
        let options: Vec<_> = [&self.whole].into_iter().chain(of_parents).collect();
        let of_value = options.iter().filter_map(|options| options.values.get(&typed)).min();
        if let Some(index) = of_value.filter(|_| !is_name) {
            return Some(&self.pulled.items[*index]);
        }
        let named: Vec<_> = options.iter().filter_map(|options| options.names.get(&typed)).collect();
        let first = named.iter().map(|(index, _)| &self.pulled.items[*index]).next()?;
        let one = named.iter().all(|(index, one)| *one && self.pulled.items[*index].value == first.value);
        one.then_some(first)
    }
}
