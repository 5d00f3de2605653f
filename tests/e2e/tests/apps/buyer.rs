//! Who buys: people whose data is not what a form's author had in mind.

use serde_json::{Value, json};

use crate::stack::Shop;

/// A customer, and nobody else's.
#[derive(Debug, Clone)]
pub(super) struct Buyer {
    pub(super) email: String,
    rest: Value,
}

impl Buyer {
    /// With a plus and capitals in the address, letters beyond ASCII and two parts in the name, and everything given.
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

    /// Of one name, in other letters, with neither phone nor address, and with everything that an address may hold and a
    /// URL takes for something else.
    pub(super) fn mononym(shop: &Shop) -> Self {
        Self {
            email: format!("o'brien&co/%41=?#{{}}.{}@sub.example.co.uk", shop.id),
            rest: json!({ "id": "cus_mononym", "first_name": "Пеле", "phone": null, "address": {} }),
        }
    }

    /// Somebody of whom only the address is known.
    pub(super) fn nameless(shop: &Shop, number: usize) -> Self {
        Self {
            email: format!("nameless-{number}.{}@example.com", shop.id),
            rest: json!({ "id": "cus_nameless" }),
        }
    }

    /// As a fact has them.
    pub(super) fn customer(&self) -> Value {
        let mut customer = self.rest.clone();
        customer["email"] = json!(self.email);
        customer
    }
}
