//! Options of connected accounts.

use domain::options::OptionItem;
use serde::Serialize;
use utoipa::ToSchema;

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
