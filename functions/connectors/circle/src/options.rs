//! What a merchant can choose from.

use domain::options::OptionItem;
use domain::outcome::{Outcome, Reason};

use crate::client::{Client, Entry};
use crate::error::Error;

/// Pulls one of the manifest's option lists; each is called as Circle calls it.
pub(crate) async fn pull(client: &Client<'_>, list: &str) -> Result<Vec<OptionItem>, Outcome> {
    let item: fn(Entry) -> OptionItem = match list {
        "spaces" | "space_groups" | "member_tags" => item,
        "events" => event,
        _ => {
            let reason = Reason::new(format!("Circle has no option list `{list}`."));
            return Err(Outcome::Rejected { reason });
        }
    };
    let entries = client.entries(list, None).await.map_err(Error::outcome)?;
    Ok(entries.into_iter().map(item).collect())
}

/// A space belongs to a space group, an event to a space.
fn item(entry: Entry) -> OptionItem {
    let value = entry.id.to_string();
    let label = entry.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| value.clone());
    let parent = entry.space_group.or(entry.space).map(|parent| parent.id.to_string());
    OptionItem { value, label, parent }
}

/// Events of one name are told apart by their day.
fn event(mut entry: Entry) -> OptionItem {
    let day = entry.starts_at.take().and_then(|at| at.get(..10).map(str::to_owned));
    let item = item(entry);
    match day {
        Some(day) => OptionItem { label: format!("{} ({day})", item.label), ..item },
        None => item,
    }
}
