//! Fields in the order of the file.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Named values in the order of the file. No name is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Ordered<T> {
    /// The names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds a value.
    pub(super) fn push(&mut self, name: String, value: T) -> Result<(), String> {
        if self.get(&name).is_some() {
            return Err(format!("`{name}` is there twice"));
        }
        self.0.push((name, value));
        Ok(())
    }

    /// The value with a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut fields = Ordered::default();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    fields.push(name, value).map_err(A::Error::custom)?;
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Read(PhantomData))
    }
}

/// Several forms of a value, of which one is allowed.
#[derive(Debug)]
pub(super) struct Several;

/// The form that a value is written in, if there is one.
pub(super) fn single<T>(forms: impl IntoIterator<Item = Option<T>>) -> Result<Option<T>, Several> {
    let mut forms = forms.into_iter().flatten();
    match (forms.next(), forms.next()) {
        (form, None) => Ok(form),
        (_, Some(_)) => Err(Several),
    }
}
