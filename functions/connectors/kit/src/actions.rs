//! The actions that a rule can use, one module each.

pub mod add_purchase;
pub mod add_tag;
pub mod remove_tag;

use connector::call::{Call, Chosen};
use connector::failure::gone;
use domain::app::App;
use domain::outcome::Setback;

use crate::client::{Client, Entry};
use crate::error::Failure;
use crate::subscriber::Subscriber;

/// Whether the contact has the tag, for an action that adds it, or lacks it, for an action that removes it. A purchase is no state.
pub async fn is_as_set(client: &Client<'_>, call: &Call<'_>) -> Result<Option<bool>, Failure> {
    let wanted = match call.job.action.as_str() {
        "add_tag" => true,
        "remove_tag" => false,
        _ => return Ok(None),
    };
    let tag = match call.chosen("tag")? {
        Chosen::Listed(id) => Some(listed(id)?),
        Chosen::Typed(name) => typed(&client.tags().await?, name),
    };
    let has = match tag {
        Some(tag) => client.has_tag(tag, Subscriber::of(&call.job.contact).email).await?,
        None => false,
    };
    Ok(Some(has == wanted))
}

/// The tag for a typed text: the tag with exactly this name, else a tag whose name differs only in case or surrounding
/// blanks, else the tag with this id.
fn typed(tags: &[Entry], text: &str) -> Option<u64> {
    let matches: [fn(&Entry, &str) -> bool; 3] = [
        |tag, text| tag.name == text,
        |tag, text| tag.name.trim().to_lowercase() == text.to_lowercase(),
        |tag, text| tag.id.to_string() == text,
    ];
    matches.into_iter().find_map(|matches| tags.iter().find(|tag| matches(tag, text))).map(|tag| tag.id)
}

/// The id of a tag that was chosen from the list.
fn listed(id: &str) -> Result<u64, Setback> {
    id.parse().map_err(|_| gone(App::KIT, "tag"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whatever_its_capitals_and_before_an_id() {
        let tags = [(1, "VIP"), (2, "Vip "), (3, "vip"), (4, "ÄRGER"), (5, "4")]
            .map(|(id, name)| Entry { id, name: name.to_owned() });
        for (text, id) in [
            ("vip", Some(3)),
            ("VIP", Some(1)),
            ("viP", Some(1)),
            ("ärger", Some(4)),
            ("4", Some(5)),
            ("3", Some(3)),
            ("03", None),
            ("VI", None),
        ] {
            assert_eq!(typed(&tags, text), id, "{text}");
        }
    }
}
