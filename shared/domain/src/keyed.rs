//! Enums whose variants have keys. A key is the name in JSON, in the table and in URLs.

/// A key without a variant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{found}` does not exist; the {kinds} are: {}", keys.join(", "))]
pub struct UnknownKey {
    /// The name of the type, in the singular.
    pub kind: &'static str,
    /// The name of the type, in the plural.
    pub kinds: &'static str,
    /// The given key.
    pub found: String,
    /// The valid keys.
    pub keys: &'static [&'static str],
}

/// Defines an enum whose variants have keys: `Variant = "key"`, or `Variant = "key": "Label"` with a name for people.
macro_rules! keyed {
    (
        $(#[$meta:meta])*
        pub enum $name:ident, $kind:literal, $kinds:literal {
            $($variant:ident = $key:literal: $label:literal,)*
        }
    ) => {
        $crate::keyed::keyed! {
            $(#[$meta])*
            pub enum $name, $kind, $kinds { $(#[doc = $label] $variant = $key,)* }
        }

        impl $name {
            /// The name for people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident, $kind:literal, $kinds:literal {
            $($(#[$doc:meta])* $variant:ident = $key:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $key)] $variant,)*
        }

        impl $name {
            /// All variants, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The keys of all variants.
            pub const KEYS: &'static [&'static str] = &[$($key),*];

            /// The name in JSON, in the table and in URLs.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.key())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::keyed::UnknownKey;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|one| one.key() == text);
                found.ok_or_else(|| $crate::keyed::UnknownKey {
                    kind: $kind,
                    kinds: $kinds,
                    found: $crate::quote::short(text),
                    keys: Self::KEYS,
                })
            }
        }
    };
}

pub(crate) use keyed;

#[cfg(test)]
mod tests {
    use crate::fact::{FactKind, Role};
    use crate::log::{ConfigKind, Status};
    use crate::manifest::{Category, Color};
    use crate::trigger::Trigger;

    /// Compares a type's keys with its JSON and its parser.
    macro_rules! holds {
        ($($name:ident)*) => {$(
            for one in $name::ALL {
                assert_eq!(serde_json::to_value(one).unwrap(), one.key());
                assert_eq!(one.key().parse::<$name>().unwrap(), *one);
            }
            assert_eq!($name::KEYS.len(), $name::ALL.len());
        )*};
    }

    #[test]
    fn a_key_is_the_same_in_code_in_json_and_as_it_is_read() {
        holds!(Category Color ConfigKind FactKind Role Status Trigger);
    }
}
