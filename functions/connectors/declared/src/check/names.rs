//! The names that a template may use, by its place.

use super::scope::{Place, Scope};
use super::{Checker, ROOTS};
use crate::template::Path;

const CONTACT: [&str; 8] = [
    "address",
    "email",
    "first_name",
    "full_name",
    "last_name",
    "phone",
    "split_first_name",
    "split_last_name",
];
const ADDRESS: [&str; 6] = ["city", "country", "line1", "line2", "postal_code", "region"];
const JOB: [&str; 9] =
    ["action", "gift", "id", "line", "marketplace", "occurred_at", "rule", "test_mode", "trigger"];
const LINE: [&str; 14] = [
    "charged_at",
    "coupon",
    "gift",
    "line_id",
    "name",
    "paid",
    "payment_option",
    "price",
    "product_id",
    "quantity",
    "refunded_now",
    "refunded_total",
    "role",
    "total",
];
const ORDER: [&str; 9] =
    ["affiliate", "custom_fields", "discount", "id", "shipping", "subtotal", "tax", "total", "utm"];
const SUBSCRIPTION: [&str; 2] = ["id", "status"];
const CHARGE: [&str; 5] = ["amount", "charge_number", "charges_total", "id", "in_dunning"];

/// The first names of a job's values.
const OF_JOB: [&str; 9] =
    ["attempt", "charge", "contact", "fact", "job", "line", "now", "order", "subscription"];

/// Why a job has no value at a path. `None`: it has one, or may have one.
pub(crate) fn of_job(path: &Path) -> Option<String> {
    let first = path.rest.first().map(String::as_str);
    match path.root.as_str() {
        "now" => first.is_some().then(|| "`now` is a time, without parts".to_owned()),
        "attempt" => first.is_some().then(|| "`attempt` is a number, without parts".to_owned()),
        "contact" => match (first, path.rest.get(1)) {
            (Some("address"), Some(part)) if ADDRESS.contains(&part.as_str()) => None,
            (Some("address"), _) => {
                Some(format!("`{path}` does not exist; `contact.address` has: {}", ADDRESS.join(", ")))
            }
            _ => one_of(path, &CONTACT),
        },
        "job" => one_of(path, &JOB),
        "fact" => None,
        "line" => one_of(path, &LINE),
        "order" => one_of(path, &ORDER),
        "subscription" => one_of(path, &SUBSCRIPTION),
        "charge" => one_of(path, &CHARGE),
        _ => Some(format!("`{path}` does not exist; a value begins with one of: {}", OF_JOB.join(", "))),
    }
}

fn one_of(path: &Path, names: &[&str]) -> Option<String> {
    match path.rest.first() {
        Some(name) if names.contains(&name.as_str()) => None,
        _ => Some(format!("`{path}` does not exist; `{}` has: {}", path.root, names.join(", "))),
    }
}

impl Checker<'_> {
    /// Checks that a path names a value of this place.
    pub(super) fn path(&mut self, place: &str, path: &Path, scope: &Scope<'_>) {
        if let Some(message) = self.unknown(path, scope) {
            self.problem(place, message);
        }
    }

    fn unknown(&self, path: &Path, scope: &Scope<'_>) -> Option<String> {
        let root = path.root.as_str();
        if scope.names.contains_key(root) {
            return None;
        }
        let is_action = scope.place == Place::Action;
        match root {
            "setting" | "typed" if is_action => {
                let settings = scope.action.map(|action| action.settings.as_slice()).unwrap_or_default();
                one_of(path, &settings.iter().map(|setting| setting.key.as_str()).collect::<Vec<_>>())
            }
            "fact" | "line" | "order" | "subscription" | "charge"
                if is_action && scope.action.is_some_and(|action| !action.reads_fact()) =>
            {
                Some(format!("`{path}` needs `fact: true` in the manifest's action"))
            }
            "now" => of_job(path),
            _ if is_action && OF_JOB.contains(&root) => of_job(path),
            "account" => one_of(path, &self.account()),
            "credential" if scope.place == Place::Auth => None,
            "credential" => Some(
                "a credential can only be in `auth`; a credential that is no secret is `account` elsewhere"
                    .to_owned(),
            ),
            "token" if scope.place == Place::Granted => None,
            "answer" if scope.answer => None,
            _ if ROOTS.contains(&root) => Some(format!("`{root}` does not exist here")),
            _ => {
                let names: Vec<&str> = scope.names.keys().map(String::as_str).collect();
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                Some(format!(
                    "`{root}` is not captured before this place on every way; captured are: {known}"
                ))
            }
        }
    }

    /// The account's values that are no secret.
    fn account(&self) -> Vec<&str> {
        let credentials = self.manifest.methods.iter().flat_map(|method| &method.credentials);
        let open =
            credentials.filter(|credential| !credential.secret).map(|credential| credential.key.as_str());
        let granted =
            self.calls.granted.iter().flat_map(|granted| granted.values.iter().map(|(name, _)| name));
        let mut names: Vec<&str> = open.chain(granted).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Checks that a captured name hides nothing.
    pub(super) fn name(&mut self, place: &str, name: &str) {
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if ROOTS.contains(&name) {
            self.problem(place, format!("`{name}` has a meaning of its own: choose another name"));
        } else if !is_name || name.len() > 40 {
            self.problem(
                place,
                format!("`{name}` is not a name of 1 to 40 lower-case letters, digits and `_`"),
            );
        }
    }
}
