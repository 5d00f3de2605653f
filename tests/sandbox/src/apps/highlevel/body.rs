//! Reads and validates the body of a write.
use serde_json::{Map, Value};

use super::account::{Location, Matching};
use super::problem::Problem;
use crate::exchange::Request;

/// The text fields of a contact, and whether null is accepted.
const TEXTS: [(&str, bool); 17] = [
    ("locationId", false),
    ("email", true),
    ("phone", true),
    ("firstName", true),
    ("lastName", true),
    ("name", true),
    ("address1", true),
    ("city", true),
    ("state", true),
    ("postalCode", false),
    ("country", false),
    ("companyName", true),
    ("website", true),
    ("timezone", true),
    ("source", false),
    ("gender", false),
    ("assignedTo", false),
];

/// Existing fields that the engine does not use: accepted and ignored.
const FORGOTTEN: [&str; 6] = [
    "dnd",
    "dndSettings",
    "inboundDndSettings",
    "customFields",
    "dateOfBirth",
    "createNewIfDuplicateAllowed",
];

/// The changes of a request to a contact.
pub(super) struct Written {
    pub(super) location: String,
    /// The texts except the location; null deletes a text.
    pub(super) fields: Map<String, Value>,
    /// All tags of the contact, replacing the existing ones.
    pub(super) tags: Option<Vec<String>>,
}

impl Written {
    /// A contact in the request's location.
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        Self::parse(request, true)
    }

    /// An update of a contact, which cannot change the location.
    pub(super) fn update(request: &Request) -> Result<Self, Problem> {
        Self::parse(request, false)
    }

    fn parse(request: &Request, is_located: bool) -> Result<Self, Problem> {
        let mut wrong = Vec::new();
        let mut body = object(request)?;
        let tags = body.remove("tags").map(|tags| names(&tags, &mut wrong));
        let mut fields = Map::new();
        for (field, value) in body {
            match TEXTS.iter().find(|(known, _)| *known == field) {
                Some((_, nullable)) if value.is_string() || (*nullable && value.is_null()) => {
                    fields.insert(field, value);
                }
                Some(_) => wrong.push(format!("{field} must be a string")),
                None if FORGOTTEN.contains(&field.as_str()) => {}
                None => wrong.push(format!("property {field} should not exist")),
            }
        }
        let location = fields.remove("locationId");
        let location = location.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        if location.is_empty() == is_located {
            let wish = if is_located {
                "locationId should not be empty"
            } else {
                "property locationId should not exist"
            };
            wrong.push(wish.to_owned());
        }
        if fields.get("email").and_then(Value::as_str).is_some_and(|email| !is_address(email)) {
            wrong.push("email must be an email".to_owned());
        }
        if wrong.is_empty() {
            Ok(Self { location, fields, tags })
        } else {
            Err(Problem::unprocessable(wrong))
        }
    }

    /// The request's value of the field, unless it is empty.
    pub(super) fn given(&self, by: Matching) -> Option<&str> {
        self.fields.get(by.field()).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The indexes of contacts with the same address or number, in the location's order.
    pub(super) fn matches(&self, location: &Location) -> Vec<(Matching, usize)> {
        let found = |by: &Matching| Some((*by, location.position(*by, self.given(*by)?)?));
        location.order.iter().filter_map(found).collect()
    }
}

/// The tags to add or remove.
pub(super) fn tags(request: &Request) -> Result<Vec<String>, Problem> {
    let mut wrong = Vec::new();
    let mut body = object(request)?;
    let tags = names(&body.remove("tags").unwrap_or_default(), &mut wrong);
    wrong.extend(body.keys().map(|field| format!("property {field} should not exist")));
    if wrong.is_empty() { Ok(tags) } else { Err(Problem::unprocessable(wrong)) }
}

/// A body of another media type is not read and so has no fields.
fn object(request: &Request) -> Result<Map<String, Value>, Problem> {
    if request.media_type().as_deref() != Some("application/json") || request.body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Problem::bad(error.to_string())),
    }
}

fn names(tags: &Value, wrong: &mut Vec<String>) -> Vec<String> {
    let Some(list) = tags.as_array() else {
        wrong.push("tags must be an array".to_owned());
        return Vec::new();
    };
    let names: Vec<String> = list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    if names.len() != list.len() {
        wrong.push("each value in tags must be a string".to_owned());
    }
    names
}

fn is_address(email: &str) -> bool {
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "@,;".contains(c));
    email.split_once('@').is_some_and(|(local, domain)| plain(local) && plain(domain) && domain.contains('.'))
}
