//! Who a fact is about.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::email::Email;
use super::text::{Id, Label};

/// The buyer, or the student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The platform's id of the customer.
    pub id: Id,
    /// Where the customer is reached; what tells buyers apart.
    pub email: Email,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Label>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Label>,
    /// Phone number as the customer wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Label>,
    /// Billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl Customer {
    /// The country of the address.
    pub fn country(&self) -> Option<&Country> {
        self.address.as_ref()?.country.as_ref()
    }
}

/// A postal address; any part of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line1: Option<Label>,
    /// Flat, floor, company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line2: Option<Label>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<Label>,
    /// State, province, prefecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Label>,
    /// ZIP or postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<Label>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// An ISO 3166-1 alpha-2 code: two upper-case letters. Whether the code is in use is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

/// Text that is no country code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 3166-1 alpha-2 code: give two upper-case letters, such as BR")]
pub struct InvalidCountry(String);

impl Country {
    /// Checks the text and takes it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidCountry> {
        let text = text.into();
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(Self(text));
        }
        Err(InvalidCountry(text.chars().take(20).collect()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Country {
    type Error = InvalidCountry;
    fn try_from(text: String) -> Result<Self, InvalidCountry> {
        Self::new(text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> String {
        country.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fact::reader::Reader;

    #[test]
    fn a_country_is_two_upper_case_letters() {
        assert_eq!(Country::new("BR").unwrap().as_str(), "BR");
        for wrong in ["br", "BRA", "", "Brazil", "B1", "Ä"] {
            let error = Country::new(wrong).unwrap_err().to_string();
            assert!(error.contains("two upper-case letters"), "{error}");
        }
    }

    #[test]
    fn null_and_blank_are_absent() {
        for absent in [json!(null), json!(""), json!(" \u{200b}")] {
            let written = json!({
                "id": "7", "email": "a@example.com", "phone": absent,
                "address": { "city": absent, "country": absent },
            });
            let customer: Customer = Reader::new("", &written).read().unwrap();
            assert_eq!(customer.phone, None);
            assert_eq!(customer.address, Some(Address::default()));
            assert_eq!(customer.country(), None);
        }
    }
}
