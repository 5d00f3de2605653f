//! What a rule can ask of Kit, one module each.

pub mod add_purchase;
pub mod add_tag;
pub mod remove_tag;

use crate::client::{Client, Entry};
use crate::error::Error;

/// What a rule's tag is known by. A rule stores the id of a tag that was chosen and the name of one that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// A number as Kit writes its ids; it may still be a name.
    Id(u64),
    /// Anything else: `007` too, which Kit would read as 7.
    Name,
}

impl Named {
    fn read(tag: &str) -> Self {
        let digits = tag.bytes().all(|byte| byte.is_ascii_digit()) && !tag.starts_with('0');
        tag.parse().ok().filter(|_| digits).map_or(Self::Name, Self::Id)
    }
}

/// The tag of this name; one that differs in capitals only if no other does not.
fn by_name(tags: Vec<Entry>, name: &str) -> Option<Entry> {
    let same = |tag: &Entry| tag.name.trim().to_lowercase() == name.to_lowercase();
    let mut same: Vec<Entry> = tags.into_iter().filter(same).collect();
    let exact = same.iter().position(|tag| tag.name == name).unwrap_or(0);
    (!same.is_empty()).then(|| same.swap_remove(exact))
}

/// What a number that Kit took for no id turns out to be.
enum Number {
    /// The id of a tag: it was the subscriber that was not found.
    Id,
    /// The name of the tag with this id.
    Name(u64),
    /// Neither.
    Nothing,
}

/// Looks a number up that was no id to Kit.
async fn look_up(client: &Client<'_>, id: u64) -> Result<Number, Error> {
    let tags = client.tags().await?;
    if tags.iter().any(|tag| tag.id == id) {
        return Ok(Number::Id);
    }
    Ok(by_name(tags, &id.to_string()).map_or(Number::Nothing, |tag| Number::Name(tag.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_number_as_kit_writes_it() {
        for (tag, named) in [
            ("7", Named::Id(7)),
            ("18446744073709551615", Named::Id(u64::MAX)),
            ("18446744073709551616", Named::Name),
            ("007", Named::Name),
            ("0", Named::Name),
            ("+7", Named::Name),
            ("7 days", Named::Name),
            ("٧", Named::Name),
        ] {
            assert_eq!(Named::read(tag), named, "{tag}");
        }
    }

    #[test]
    fn a_name_is_found_whatever_its_capitals_and_an_exact_one_first() {
        let tags = || {
            [(1, "VIP"), (2, "Vip "), (3, "vip"), (4, "ÄRGER")]
                .map(|(id, name)| Entry { id, name: name.to_owned() })
        };
        for (name, id) in
            [("vip", Some(3)), ("VIP", Some(1)), ("viP", Some(1)), ("ärger", Some(4)), ("VI", None)]
        {
            assert_eq!(by_name(tags().to_vec(), name).map(|tag| tag.id), id, "{name}");
        }
    }
}
