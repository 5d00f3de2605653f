//! The actions that a rule can use, one module each.

pub mod enroll_in_bundle;
pub mod enroll_in_course;
pub mod unenroll_from_bundle;
pub mod unenroll_from_course;

use connector::call::Call;
use connector::failure::{LeftOut, gone, leaving_out};
use domain::app::App;
use domain::outcome::{Outcome, Setback};
use jiff::Timestamp;

use crate::client::{Client, Enrollment, Terms, User};
use crate::error::{Case, Failure};
use crate::person::NewUser;

const CREATED: &str = "Thinkific created an account for the contact.";

/// The contact's account in Thinkific.
struct Student {
    id: u64,
    /// Whether it was just created and so has no enrollments.
    is_new: bool,
    /// The details that Thinkific rejected and the account was created without.
    left_out: LeftOut,
}

impl Student {
    /// The outcome, with a note of the details that Thinkific rejected. A failure keeps the notes for a later success.
    fn noted(&self, result: Result<Outcome, Failure>) -> Outcome {
        self.left_out.noted(match result.unwrap_or_else(Outcome::from) {
            Outcome::Failed(setback) if self.is_new => {
                Outcome::Failed(setback.map_reason(|reason| reason.note(CREATED)))
            }
            outcome => outcome,
        })
    }
}

/// Finds the contact's account, or creates one. Names that Thinkific rejects are replaced.
///
/// Two jobs may create it at the same time. Thinkific does not document the slower job's response except for its
/// status, so after any response with that status the account is looked up once more.
async fn student(client: &Client<'_>, call: &Call<'_>) -> Result<Student, Failure> {
    let contact = &call.job.contact;
    let known = |user: User| Student { id: user.id, is_new: false, left_out: LeftOut::default() };
    if let Some(user) = client.user(&contact.email).await? {
        return Ok(known(user));
    }
    let welcome = call.job.settings.flag("send_welcome_email");
    let create = |left_out: LeftOut| async move {
        client.create_user(&NewUser::of(contact, welcome, &left_out)).await
    };
    match leaving_out(|name| matches!(name, "first_name" | "last_name"), create).await {
        Ok((user, left_out)) => Ok(Student { id: user.id, is_new: true, left_out }),
        Err(failure) if failure.is(&Case::Invalid) => {
            client.user(&contact.email).await?.map(known).ok_or(failure)
        }
        Err(failure) => Err(failure),
    }
}

/// A setting as a number, the form of Thinkific's ids.
fn id(call: &Call<'_>, key: &str) -> Result<u64, Setback> {
    let text = call.setting(key)?;
    let message =
        || format!("`{text}` is not the ID of a course or bundle in Thinkific: IDs there are numbers.");
    let hint = "Choose Refresh, then edit the rule and choose one from the list.";
    text.parse().map_err(|_| Setback::rejected(message(), hint))
}

/// Done, with a note if an account was created.
fn enrolled(student: &Student) -> Outcome {
    let note = student.is_new.then(|| CREATED.to_owned());
    Outcome::Done { note }
}

/// The outcome after existing enrollments got new terms.
fn renewed(now: Timestamp, before: &[&Enrollment]) -> Outcome {
    let was = if before.iter().any(|enrollment| enrollment.ended(now)) {
        "had ended".to_owned()
    } else if before.iter().any(|enrollment| !enrollment.full(now)) {
        "was a free trial".to_owned()
    } else {
        let end = before.iter().find_map(|enrollment| enrollment.expiry_date.as_deref());
        format!("would have ended on {}", end.unwrap_or_default())
    };
    let ends = before.iter().any(|enrollment| Terms::renewed(now, enrollment).end().is_some());
    let end = if ends { " Its end date in Thinkific is 2099-12-31, which means no end." } else { "" };
    Outcome::Done {
        note: Some(format!("The contact's enrollment {was}. It is now full, without an end.{end}")),
    }
}

fn has_access(what: &str) -> Outcome {
    Outcome::already(format!("The contact has full access to the {what}, without an end."))
}

/// Thinkific lists an enrollment but then returns 404 for it.
fn not_found() -> Outcome {
    Setback::precondition_missing("Thinkific did not find an enrollment of the contact that it had listed.")
        .into()
}

fn no_account() -> Outcome {
    Outcome::already("The contact has no account in Thinkific, so there is no access to end.")
}

fn unknown_bundle() -> Outcome {
    gone(App::THINKIFIC, "bundle").into()
}
