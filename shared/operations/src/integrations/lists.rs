//! The options of a connected account, as of the last refresh.

use aws::store::{Store, StoreError};
use domain::integration::Integration;
use domain::manifest::Catalog;
use domain::options::Pulled;
use futures::future::try_join_all;
use jiff::Timestamp;

/// All stored option lists of an account.
pub(crate) async fn of(
    store: &Store,
    integration: &Integration,
    now: Timestamp,
) -> Result<Vec<Pulled>, StoreError> {
    let manifest = Catalog::get().manifest(integration.app);
    let lists = manifest.iter().flat_map(|manifest| &manifest.option_lists);
    let Integration { marketplace, id, .. } = integration;
    let read = lists.map(|list| store.options(marketplace, id, &list.key, now));
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}
