//! What a rule can ask of Thinkific, one module each.

pub mod enroll_in_bundle;
pub mod enroll_in_course;
pub mod unenroll_from_bundle;
pub mod unenroll_from_course;

use connector::call::Call;
use domain::outcome::{Outcome, Setback};
use jiff::Timestamp;

use crate::client::{Client, Enrollment, Terms, User};
use crate::error::Error;
use crate::person::NewUser;

/// The contact's account.
struct Student {
    id: u64,
    /// Whether it was made just now, so that there can be no enrollment yet.
    new: bool,
}

/// Finds the contact's account, or makes one.
///
/// Two rules may want to make it at the same time. What Thinkific says to the slower one is not documented beyond its
/// status, so after any refusal of that kind we look once more.
async fn student(client: &Client<'_>, call: &Call<'_>) -> Result<Student, Error> {
    let contact = &call.job.contact;
    let known = |user: User| Student { id: user.id, new: false };
    if let Some(user) = client.user(&contact.email).await? {
        return Ok(known(user));
    }
    let user = NewUser::of(contact, call.job.settings.flag("send_welcome_email"));
    match client.create_user(&user).await {
        Ok(user) => Ok(Student { id: user.id, new: true }),
        Err(refused) if refused.is_invalid() => client.user(&contact.email).await?.map(known).ok_or(refused),
        Err(error) => Err(error),
    }
}

/// The number under a setting: what Thinkific's ids are.
fn id(call: &Call<'_>, key: &'static str) -> Result<u64, Error> {
    let text = call.setting(key)?;
    text.parse().map_err(|_| Error::NoId { key, value: text.to_owned() })
}

/// Done, and whether an account was made for it.
fn enrolled(student: &Student) -> Outcome {
    Outcome::Done { note: student.new.then(|| "Thinkific made an account for the contact.".to_owned()) }
}

/// An enrollment that was there, and is full on its new terms.
fn renewed(now: Timestamp, before: &[&Enrollment], terms: &Terms) -> Outcome {
    let was =
        if before.iter().any(|enrollment| enrollment.ended(now)) { "had ended" } else { "was a free trial" };
    let end =
        if terms.end().is_some() { " Thinkific shows an end in 2099, which stands for none." } else { "" };
    Outcome::Done { note: Some(format!("The contact's enrollment {was} and is full now.{end}")) }
}

fn has_access(what: &str, until: Option<&str>) -> Outcome {
    let until = until.map(|date| format!(", until {date}")).unwrap_or_default();
    Outcome::already(format!("The contact has full access to the {what}{until}."))
}

fn no_account() -> Outcome {
    Outcome::already("The contact has no account in Thinkific, so no access.")
}

fn unknown_bundle() -> Outcome {
    let hint = "Choose Refresh, then edit the rule and choose another bundle.";
    Setback::rejected("The bundle is not in this Thinkific site (any more).", hint).into()
}
