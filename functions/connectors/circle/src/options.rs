//! The option lists.

use connector::call::unknown_list;
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::Setback;

use crate::client::{Client, Entry};

/// Pulls an option list of the manifest, whose name is the list's path in Circle.
pub(crate) async fn pull(client: &Client<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
    let item: fn(Entry) -> OptionItem = match list {
        "spaces" | "space_groups" | "member_tags" => item,
        "events" => event,
        _ => return Err(unknown_list(App::CIRCLE, list)),
    };
    let entries = client.entries(list, None).await?;
    Ok(entries.into_iter().map(item).collect())
}

/// A space belongs to a space group, an event to a space.
fn item(entry: Entry) -> OptionItem {
    let value = entry.id.to_string();
    let label = entry.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| value.clone());
    let parent = entry.space_group.or(entry.space).map(|parent| parent.id.to_string());
    OptionItem { value, label, parent }
}

/// Events with the same name are distinguished by their day.
fn event(mut entry: Entry) -> OptionItem {
    let day = entry.starts_at.take().and_then(|at| at.get(..10).map(str::to_owned));
    let item = item(entry);
    match day {
        Some(day) => OptionItem { label: format!("{} ({day})", item.label), ..item },
        None => item,
    }
}
