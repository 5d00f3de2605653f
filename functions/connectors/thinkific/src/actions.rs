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

/// The outcome of giving existing enrollments new terms.
fn renewed(now: Timestamp, before: &[&Enrollment], terms: &Terms) -> Outcome {
    let was = if before.iter().any(|enrollment| enrollment.ended(now)) {
        "had ended".to_owned()
    } else if before.iter().any(|enrollment| !enrollment.full(now)) {
        "was a free trial".to_owned()
    } else {
        let end = before.iter().find_map(|enrollment| enrollment.expiry_date.as_deref());
        format!("would have ended on {}", end.unwrap_or_default())
    };
    let end = terms.end().map_or("", |_| " Its end in Thinkific is 2099-12-31, which stands for no end.");
    Outcome::Done {
        note: Some(format!("The contact's enrollment {was}. It is full now, without an end.{end}")),
    }
}

fn has_access(what: &str) -> Outcome {
    Outcome::already(format!("The contact has full access to the {what}, without an end."))
}

/// Thinkific lists an enrollment and then does not find it.
fn not_found() -> Outcome {
    Setback::not_yet("Thinkific did not find an enrollment of the contact that it lists.").into()
}

fn no_account() -> Outcome {
    Outcome::already("The contact has no account in Thinkific, so no access.")
}

fn unknown_bundle() -> Outcome {
    let hint = "Choose Refresh, then edit the rule and choose another bundle.";
    Setback::rejected("The bundle is not in this Thinkific site (any more).", hint).into()
}
