//! Pages of the options of an account, as of its last refresh.

use aws::store::StoreError;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::manifest::Catalog;
use domain::options::OptionItem;
use domain::page::{InvalidCursor, Listed, Listing, Page, Wanted};
use domain::quote;
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

/// A page of an option list.
#[derive(Debug)]
pub struct Options {
    /// When the list was last read from the app. `None`: never, so the page is empty.
    pub read_at: Option<Timestamp>,
    /// The options.
    pub page: Listed<OptionItem>,
}

/// The reason why options cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The account does not exist.
    #[error("the integration does not exist")]
    UnknownIntegration,
    /// The app has no such list.
    #[error("{} has no option list `{list}`; it has: {known}", .app.label())]
    UnknownList {
        /// The app.
        app: App,
        /// The requested list.
        list: String,
        /// The lists of the app.
        known: String,
    },
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
    ) -> Result<Options, OptionsError> {
        let search = search.to_lowercase();
        let listing = Listing::new("options", &(m, id, list, &search, &parent));
        let from: usize = listing.after(wanted)?.unwrap_or(0);
        let account = self.get(m, id, now).await?.ok_or(OptionsError::UnknownIntegration)?;
        let manifest = Catalog::get().manifest(account.app);
        let known = manifest.map(|manifest| manifest.option_lists.as_slice()).unwrap_or_default();
        // The list's name becomes part of a key, so only names of the manifest are accepted.
        if !known.iter().any(|known| known.key == list) {
            let known: Vec<_> = known.iter().map(|known| known.key.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(OptionsError::UnknownList { app: account.app, list: quote::short(list), known });
        }
        let pulled = self.0.store.options(m, id, list, now).await?;
        let read_at = pulled.as_ref().map(|pulled| pulled.at);
        let fits = |item: &OptionItem| {
            (item.label.to_lowercase().contains(&search) || item.value.to_lowercase().contains(&search))
                && (parent.is_none() || item.parent == parent)
        };
        let items = pulled.map(|pulled| pulled.items).unwrap_or_default();
        let mut rest = items.into_iter().filter(fits).skip(from);
        let items = rest.by_ref().take(wanted.limit).collect();
        let next = rest.next().map(|_| from + wanted.limit);
        Ok(Options { read_at, page: listing.listed(Page { items, next }) })
    }
}
