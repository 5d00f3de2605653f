//! Options of connected accounts.

use domain::options::OptionItem;
use operations::integrations::Options;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of an option list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptionListView {
    /// When the list was last read from the app, by a refresh of the account. Null if it was never read.
    #[schema(format = DateTime)]
    pub(crate) read_at: Option<String>,
    /// The options on this page. Empty if the list was never read.
    pub(crate) items: Vec<OptionView>,
    /// The `cursor` of the next page. Null if this is the last page.
    pub(crate) next_cursor: Option<String>,
}

impl From<Options> for OptionListView {
    fn from(Options { read_at, page }: Options) -> Self {
        Self {
            read_at: read_at.map(|at| at.to_string()),
            items: page.items.iter().map(OptionView::from).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

/// An option.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptionView {
    /// The value that a rule stores.
    pub(crate) value: String,
    /// The name that a merchant reads.
    pub(crate) label: String,
    /// The value of the option of another list to which this option belongs, such as a tag's audience.
    pub(crate) parent: Option<String>,
}

impl From<&OptionItem> for OptionView {
    fn from(item: &OptionItem) -> Self {
        Self { value: item.value.clone(), label: item.label.clone(), parent: item.parent.clone() }
    }
}
