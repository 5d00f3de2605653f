//! Pages of the options of an account, as of its last refresh.

use aws::store::StoreError;
use domain::id::{IntegrationId, MarketplaceId};
use domain::manifest::Catalog;
use domain::options::OptionItem;
use domain::page::{InvalidCursor, Listed, Listing, Page, Wanted};
use jiff::Timestamp;

use super::Integrations;

/// Filters of options. All that are set must match.
#[derive(Debug, Clone, Default)]
pub struct OptionFilter {
    /// Options with this text in the name or the value, in any case.
    pub search: String,
    /// Options that belong to this value of another list.
    pub parent: Option<String>,
}

/// The reason why options cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The account does not exist.
    #[error("the integration does not exist")]
    UnknownIntegration,
    /// The app has no such list.
    #[error("the app has no such list")]
    UnknownList,
    /// The list was never fetched.
    #[error("the list is not fetched yet: refresh the integration")]
    NotFetched,
    /// The cursor is not valid, or belongs to another listing.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// DynamoDB did not respond.
    #[error("the options cannot be read")]
    Store(#[from] StoreError),
}

impl Integrations<'_> {
    /// A page of an option list of an account.
    pub async fn options(
        &self,
        m: &MarketplaceId,
        id: &IntegrationId,
        list: &str,
        OptionFilter { search, parent }: OptionFilter,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Listed<OptionItem>, OptionsError> {
        let search = search.to_lowercase();
        let listing = Listing::new("options", &(m, id, list, &search, &parent));
        let from: usize = listing.after(wanted)?.unwrap_or(0);
        let account = self.get(m, id, now).await?.ok_or(OptionsError::UnknownIntegration)?;
        let manifest = Catalog::get().manifest(account.app);
        // The list's name becomes part of a key, so only names of the manifest are accepted.
        if !manifest.is_some_and(|manifest| manifest.option_lists.iter().any(|known| known.key == list)) {
            return Err(OptionsError::UnknownList);
        }
        let pulled = self.0.store.options(m, id, list, now).await?.ok_or(OptionsError::NotFetched)?;
        let fits = |item: &OptionItem| {
            (item.label.to_lowercase().contains(&search) || item.value.to_lowercase().contains(&search))
                && (parent.is_none() || item.parent == parent)
        };
        let mut rest = pulled.items.into_iter().filter(fits).skip(from);
        let items = rest.by_ref().take(wanted.limit).collect();
        let next = rest.next().map(|_| from + wanted.limit);
        Ok(listing.listed(Page { items, next }))
    }
}
