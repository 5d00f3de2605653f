//! The values that templates name.

use std::collections::BTreeMap;

use connector::call::Call;
use connector::credentials::Credentials;
use connector::person::{full_name, known};
use domain::fact::Item;
use domain::job::{Contact, Job};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Run, object};
use crate::Declared;
use crate::check::names::of_job;
use crate::template::{Path, Values, is_present};

/// Values by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names(BTreeMap<String, Value>);

impl Names {
    /// The values of an account.
    pub(crate) fn new(app: &Declared, credentials: &Credentials, now: Timestamp) -> Self {
        let definition = &app.definition;
        let typed = definition.manifest.methods.iter().flat_map(|method| &method.credentials);
        let open = typed.filter(|credential| !credential.secret).map(|credential| credential.key.as_str());
        let granted =
            definition.calls.granted.iter().flat_map(|granted| granted.values.iter().map(|(name, _)| name));
        let value = |key: &str| {
            let value = credentials.get(key).ok()?.expose_secret().trim().to_owned();
            Some((key.to_owned(), Value::from(value)))
        };
        let account: Map<String, Value> = open.chain(granted).filter_map(value).collect();
        let mut names = Self::default();
        names.set("account", Value::Object(account));
        names.set("now", json!(now));
        names
    }

    /// Adds the values of a job.
    pub(super) fn job(&mut self, call: &Call<'_>) {
        let job = call.job;
        self.set("attempt", json!(call.attempt));
        self.set("contact", contact(&job.contact));
        self.set("setting", Value::Object(job.settings.0.clone()));
        let typed = job.settings.0.keys().map(|key| (key.clone(), Value::from(job.typed.contains(key))));
        self.set("typed", Value::Object(typed.collect()));
        self.set(
            "job",
            object([
                ("id", Some(json!(job.id))),
                ("marketplace", Some(json!(job.marketplace))),
                ("rule", Some(json!(job.rule))),
                ("trigger", Some(json!(job.trigger))),
                ("action", Some(json!(job.action))),
                ("line", job.line.as_ref().map(|line| json!(line))),
                ("occurred_at", Some(json!(job.occurred_at))),
                ("test_mode", Some(json!(job.test_mode))),
                ("gift", Some(json!(job.gift))),
            ]),
        );
        self.fact(job);
    }

    fn fact(&mut self, job: &Job) {
        let Some(payload) = &job.payload else { return };
        let Ok(fact) = serde_json::from_str::<Value>(payload.json().get()) else { return };
        let part = |name: &str| fact.get(name).cloned();
        let mut line = part("item").unwrap_or_default();
        if let Some(total) = payload.read::<Line>().ok().and_then(|line| line.item).map(|item| item.amount())
            && let Some(fields) = line.as_object_mut()
        {
            fields.insert("total".to_owned(), json!(total));
        }
        self.set("line", line);
        self.set("order", part("order").unwrap_or_default());
        self.set("subscription", part("subscription").unwrap_or_default());
        let charge = ["amount", "charge_number", "charges_total", "in_dunning"];
        let charge = charge.iter().filter_map(|name| Some(((*name).to_owned(), part(name)?)));
        let id = part("charge_id").map(|id| ("id".to_owned(), id));
        self.set("charge", Value::Object(charge.chain(id).collect()));
        self.set("fact", fact);
    }

    /// Names a value.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Forgets a name, or gives it its value of before.
    pub(super) fn restore(&mut self, name: &str, before: Option<Value>) {
        match before {
            Some(value) => self.set(name, value),
            None => drop(self.0.remove(name)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// The line that a job is about.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    item: Option<Item>,
}

impl Values for Names {
    fn value(&self, path: &Path) -> Option<Value> {
        let found = path.within(self.0.get(&path.root)?).filter(|value| is_present(value))?;
        Some(match found {
            // Apps store blanks around a text as part of it.
            Value::String(text) => Value::from(text.trim()),
            value => value.clone(),
        })
    }
}

impl Values for Run<'_> {
    fn value(&self, path: &Path) -> Option<Value> {
        let hidden = self.hidden.get();
        if hidden.contains(path) {
            return None;
        }
        let names = self.names.get();
        with_split_name(path, |of| if hidden.contains(of) { None } else { names.value(of) })
    }
}

/// The values of a job, for a template that a merchant wrote.
#[derive(Debug)]
pub struct JobValues(Names);

impl JobValues {
    /// The values of a call's job. Credentials and settings are not among them.
    pub fn of(call: &Call<'_>) -> Self {
        let mut names = Names::default();
        names.set("now", json!(call.now));
        names.job(call);
        Self(names)
    }

    /// Why a job has no value at a path. `None`: it has one, or may have one.
    pub fn unknown(path: &Path) -> Option<String> {
        of_job(path)
    }
}

impl Values for JobValues {
    fn value(&self, path: &Path) -> Option<Value> {
        with_split_name(path, |of| self.0.value(of))
    }
}

/// The value at a path, among them the parts of the contact's name, which is split in two.
fn with_split_name(path: &Path, known: impl Fn(&Path) -> Option<Value>) -> Option<Value> {
    let part = |part: &str| {
        let of = Path { root: "contact".to_owned(), rest: vec![part.to_owned()] };
        known(&of)?.as_str().map(str::to_owned)
    };
    let split = || split(part("first_name"), part("last_name"), part("email"));
    match (path.root.as_str(), path.rest.first().map(String::as_str)) {
        ("contact", Some("split_first_name")) => split().0.map(Value::from),
        ("contact", Some("split_last_name")) => split().1.map(Value::from),
        _ => known(path),
    }
}

fn contact(contact: &Contact) -> Value {
    let text = |text: Option<&str>| known(text).map(Value::from);
    let address = contact.address.as_ref().map(|address| json!(address));
    object([
        ("email", text(Some(&contact.email))),
        ("first_name", text(contact.first_name.as_deref())),
        ("last_name", text(contact.last_name.as_deref())),
        ("full_name", full_name(contact).map(Value::from)),
        ("phone", text(contact.phone.as_deref())),
        ("address", address),
    ])
}

/// First and last name. A full name in one of the two fields is split before its last word; without a name, the first is
/// the part of the address before `@`.
fn split(
    first: Option<String>,
    last: Option<String>,
    email: Option<String>,
) -> (Option<String>, Option<String>) {
    let whole = match (first, last) {
        (Some(first), Some(last)) => return (Some(first), Some(last)),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => email.unwrap_or_default().split('@').next().unwrap_or_default().to_owned(),
    };
    match whole.rsplit_once(char::is_whitespace) {
        Some((first, last)) => (Some(first.trim_end().to_owned()), Some(last.to_owned())),
        None => (Some(whole), None),
    }
}
