//! The customer that a fact is about.

use serde::{Deserialize, Deserializer, Serialize};

use super::email::Email;
use super::text::{Id, Label};
use crate::blank;

/// The buyer, or the student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The platform's id of the customer.
    pub id: Id,
    /// The address of the customer, which identifies a buyer.
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
    #[serde(default, deserialize_with = "country", skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// An ISO 3166-1 alpha-2 code: two letters, in upper case. The engine does not check whether the code is assigned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Country(String);

impl Country {
    pub(super) const NAME: &'static str = "Country";

    /// The code in a text, in letters of either case.
    pub fn new(text: &str) -> Option<Self> {
        let text = blank::trimmed(text);
        let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_code.then(|| Self(text.to_ascii_uppercase()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A country as published. Any other text than a code is left out: a country only describes.
fn country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Country>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename = "Country")]
    struct Written(String);
    let written = Option::<Written>::deserialize(deserializer)?;
    Ok(written.and_then(|Written(text)| Country::new(&text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fact::reader::Reader;

    #[test]
    fn a_country_is_a_code_of_two_letters_and_anything_else_is_left_out_with_a_note() {
        let read = |country: &str| {
            let written = json!({ "id": "7", "email": "a@example.com", "address": { "country": country } });
            let reader = Reader::new("", &written);
            let customer: Customer = reader.read().unwrap();
            let notes: Vec<_> = reader.notes().iter().map(ToString::to_string).collect();
            (customer.country().map(|country| country.as_str().to_owned()), notes)
        };
        for code in ["BR", "br", " Br\u{200b}"] {
            assert_eq!(read(code), (Some("BR".to_owned()), Vec::new()));
        }
        for other in ["BRA", "Brazil", "B1", "Ä"] {
            let (country, notes) = read(other);
            assert_eq!(country, None, "{other}");
            assert_eq!(notes, ["`address.country` is not a code of two letters, such as BR: it is not used"]);
        }
        let stored =
            serde_json::to_value(Address { country: Country::new("de"), ..Address::default() }).unwrap();
        assert_eq!(serde_json::from_value::<Address>(stored).unwrap().country, Country::new("DE"));
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
