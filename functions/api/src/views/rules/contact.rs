//! A person to try or preview a rule for.

use domain::fact::Email;
use domain::job::Contact;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Text;

/// A person to try or preview a rule for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactBody {
    /// The email address.
    #[schema(value_type = String, max_length = 320, example = "ada@example.com")]
    email: Email,
    /// The first name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    first_name: Option<Text<1, 100>>,
    /// The last name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Text<1, 100>>,
}

impl From<ContactBody> for Contact {
    fn from(ContactBody { email, first_name, last_name }: ContactBody) -> Self {
        let [first_name, last_name] = [first_name, last_name].map(|name| name.map(String::from));
        Self { email: email.to_string(), first_name, last_name, phone: None, address: None }
    }
}
