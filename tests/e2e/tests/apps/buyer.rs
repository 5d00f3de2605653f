//! Buyers with unusual data.

use serde_json::{Value, json};

use crate::stack::Shop;

/// A customer, used by one test only.
#[derive(Debug, Clone)]
pub(super) struct Buyer {
    pub(super) email: String,
    rest: Value,
}

impl Buyer {
    /// With a plus and upper case in the address, letters beyond ASCII, a name of two parts, and all details.
    pub(super) fn zoe(shop: &Shop) -> Self {
        Self {
            email: format!("Zoë+{}@Example.COM", shop.id).replace('ë', "e"),
            rest: json!({
                "id": "cus_zoe", "first_name": "Zoë", "last_name": "Øster-Łuczak von Ünal", "phone": "+1 555 010 0142",
                "address": {
                    "line1": "12 Großer Weg", "city": "Zürich", "region": "ZH", "postal_code": "8001", "country": "CH",
                },
            }),
        }
    }

    /// With a single name in another script, without phone and postal address, and with every character that is valid
    /// in an e-mail address but has another meaning in a URL.
    pub(super) fn mononym(shop: &Shop) -> Self {
        Self {
            email: format!("o'brien&co/%41=?#{{}}.{}@sub.example.co.uk", shop.id),
            rest: json!({ "id": "cus_mononym", "first_name": "Пеле", "phone": null, "address": {} }),
        }
    }

    /// A buyer of whom only the address is known.
    pub(super) fn nameless(shop: &Shop, number: usize) -> Self {
        Self {
            email: format!("nameless-{number}.{}@example.com", shop.id),
            rest: json!({ "id": "cus_nameless" }),
        }
    }

    /// The customer's JSON in a fact.
    pub(super) fn customer(&self) -> Value {
        let mut customer = self.rest.clone();
        customer["email"] = json!(self.email);
        customer
    }
}
