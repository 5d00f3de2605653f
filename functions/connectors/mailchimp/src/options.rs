//! The option lists: audiences, and the tags and fields of each audience.

use std::future::Future;

use domain::options::{MOST, OptionItem};

use crate::client::{Audience, Client, Page};
use crate::error::{Case, Failure};

/// The lists that belong to an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its tags.
    Tags,
    /// Its fields.
    MergeFields,
}

/// The audiences.
pub async fn audiences(client: &Client<'_>) -> Result<Vec<OptionItem>, Failure> {
    let audiences = to_the_end(|offset| client.audiences(offset)).await?;
    Ok(audiences.into_iter().map(|audience| OptionItem::new(audience.id, audience.name)).collect())
}

/// This list of every audience. The audiences are requested one after the other, because Mailchimp allows at most ten
/// simultaneous calls, and actions make calls too.
pub async fn of_each_audience(client: &Client<'_>, part: Part) -> Result<Vec<OptionItem>, Failure> {
    let mut items = Vec::new();
    for Audience { id, .. } in to_the_end(|offset| client.audiences(offset)).await? {
        let pulled = match part {
            Part::Tags => tags(client, &id).await,
            Part::MergeFields => merge_fields(client, &id).await,
        };
        match pulled {
            Ok(more) => {
                items.extend(more.into_iter().map(|item| OptionItem { parent: Some(id.clone()), ..item }));
            }
            // The audience was deleted in the meantime.
            Err(failure) if failure.is(&Case::NotFound) => {}
            Err(failure) => return Err(failure),
        }
        if items.len() > MOST {
            break;
        }
    }
    Ok(items)
}

/// A rule stores a tag's name, because members are tagged by name.
async fn tags(client: &Client<'_>, list: &str) -> Result<Vec<OptionItem>, Failure> {
    let tags = to_the_end(|offset| client.tags(list, offset)).await?;
    Ok(tags.into_iter().map(|name| OptionItem::new(name.clone(), name)).collect())
}

async fn merge_fields(client: &Client<'_>, list: &str) -> Result<Vec<OptionItem>, Failure> {
    let fields = to_the_end(|offset| client.merge_fields(list, offset)).await?;
    let items = fields.into_iter().map(|field| {
        let label = format!("{} ({}, {})", field.name, field.tag, field.kind);
        OptionItem::new(field.tag, label)
    });
    Ok(items.collect())
}

/// All entries of a list that has pages.
pub(crate) async fn to_the_end<T, F>(page: impl Fn(usize) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<Page<T>, Failure>>,
{
    let mut items = Vec::new();
    loop {
        let Page { items: more, total } = page(items.len()).await?;
        let end = more.is_empty();
        items.extend(more);
        if end || items.len() >= total || items.len() > MOST {
            return Ok(items);
        }
    }
}
