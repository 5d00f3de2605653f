//! Why a call failed, and how an app's responses are read.
//!
//! An app's `error.rs` reads each response once, into a [`Failure`]: the [`Setback`] for the job, and the case that an
//! action branches on, if any. To write it:
//!
//! 1. `enum Case` has a variant for each response that an action matches on, and no other; `type Failure` is
//!    `connector::failure::Failure<Case>`. Clients and actions return `Result<_, Failure>`, and `?` converts the kit's
//!    errors: [`Setback`], [`HttpError`], [`InvalidCredentials`].
//! 2. `fn failure(answer, now)` first returns the result of [`Answer::passing`]: rate limits and temporary faults. Then
//!    it reads the app's error document into [`Said`] and matches on the status. If the text decides, the phrases are
//!    rows of a table of [`Rejection`]s, specific phrases before general ones. A response without an error document is
//!    [`Answer::unreadable`].
//! 3. A test checks the table with `testing::assert_told_apart` against complete texts of the app.
//!
//! An optional field that the app rejects is left out: see [`leaving_out`].

use std::fmt::Display;

use domain::app::App;
use domain::outcome::{Fix, Outcome, Reason, Setback};

use crate::credentials::InvalidCredentials;
use crate::http::{Answer, HttpError};
use crate::redact;

/// The longest quotation of an app's message in a log, in characters.
const LONGEST: usize = 300;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure<C> {
    /// The result for the job, unless the action branches on the case.
    pub setback: Setback,
    /// The case, if an action may branch on it.
    pub case: Option<C>,
    /// The request's fields that the app rejected, if it names them.
    pub fields: Box<[Field]>,
}

/// A field of a request that the app rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's name in the request.
    pub name: String,
    /// The reason, in the app's words.
    pub why: String,
}

impl<C> Failure<C> {
    /// A failure that an action may branch on.
    pub fn of(case: C, setback: Setback) -> Self {
        Self { case: Some(case), ..setback.into() }
    }
}

impl<C: PartialEq> Failure<C> {
    /// Whether the failure is this case.
    pub fn is(&self, case: &C) -> bool {
        self.case.as_ref() == Some(case)
    }
}

impl<C> From<Setback> for Failure<C> {
    fn from(setback: Setback) -> Self {
        Self { setback, case: None, fields: Box::default() }
    }
}

impl<C> From<HttpError> for Failure<C> {
    fn from(error: HttpError) -> Self {
        error.setback().into()
    }
}

impl<C> From<InvalidCredentials> for Failure<C> {
    fn from(error: InvalidCredentials) -> Self {
        Setback::from(error).into()
    }
}

impl<C> From<Failure<C>> for Setback {
    fn from(failure: Failure<C>) -> Self {
        failure.setback
    }
}

/// An app's error message in its own words, short enough for a log. It may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    who: String,
    words: String,
}

impl Said {
    /// The message `words` of an answer.
    pub fn new(answer: &Answer, words: &str) -> Self {
        Self { who: answer.who.clone(), words: redact::beginning(words.trim().to_owned(), LONGEST) }
    }

    /// The beginning of an answer that is not the app's error document.
    pub fn of(answer: &Answer) -> Self {
        Self { who: answer.who.clone(), words: answer.excerpt(LONGEST) }
    }

    /// No message: the statement is ours.
    pub fn nothing(app: App) -> Self {
        Self { who: app.label().to_owned(), words: String::new() }
    }

    /// The message.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The app rejected the request, for a reason that only its message explains.
    pub fn request_rejected(&self) -> Setback {
        let who = &self.who;
        self.rejected(
            None,
            format!("{who} rejected the request"),
            format!("If the message does not help, try the same by hand in {who}."),
        )
    }

    /// The app rejected the contact's e-mail address.
    pub fn address_rejected(&self) -> Setback {
        self.rejected(
            Fix::Contact,
            format!("{} rejected the e-mail address", self.who),
            "Correct the address with your customer and add them by hand.",
        )
    }

    /// The app always rejects this request: `statement: words`.
    pub fn rejected(
        &self,
        fix: impl Into<Option<Fix>>,
        statement: impl Display,
        hint: impl Into<String>,
    ) -> Setback {
        Setback::rejected(fix, self.after(statement), hint)
    }

    /// The account is on hold until the merchant reconnects it: `statement: words`.
    pub fn reconnect(&self, statement: impl Display, hint: impl Into<String>) -> Setback {
        Setback::reconnect(self.after(statement), hint)
    }

    /// Retry on the schedule, because something that the action needs does not exist yet: `statement: words`.
    pub fn not_yet(&self, statement: impl Display) -> Setback {
        Setback::precondition_missing(self.after(statement))
    }

    /// `statement: words`, or only the statement if the app sent no message.
    pub fn after(&self, statement: impl Display) -> String {
        sentence(statement, &self.words)
    }
}

fn sentence(statement: impl Display, words: &str) -> String {
    if words.is_empty() { format!("{statement}.") } else { format!("{statement}: {words}") }
}

/// Something that a rule names no longer exists in the account.
pub fn gone(app: App, what: &str) -> Setback {
    Setback::rejected(
        Fix::Rule,
        format!("The {what} no longer exists in {}.", app.label()),
        format!("Choose Refresh, then edit the rule and choose another {what}."),
    )
}

/// A kind of rejection that an app's message identifies.
#[derive(Debug)]
pub struct Rejection<C: 'static> {
    /// Phrases of the message, in lower case; one is enough. `…` is any text in between.
    pub phrases: &'static [&'static str],
    /// The case, if an action may branch on it.
    pub case: Option<C>,
    /// The result for the job otherwise.
    pub setback: fn(&Said) -> Setback,
}

impl<C> Rejection<C> {
    /// A row of an app's table.
    pub const fn new(
        phrases: &'static [&'static str],
        case: Option<C>,
        setback: fn(&Said) -> Setback,
    ) -> Self {
        Self { phrases, case, setback }
    }
}

impl<C: Clone> Rejection<C> {
    /// The rejection that the first of `texts` with a known phrase identifies: an error's title counts before its
    /// detail. If several phrases occur in one text, the first in the table counts.
    pub fn find<'a>(table: &'a [Self], texts: &[&str]) -> Option<&'a Self> {
        texts.iter().find_map(|text| {
            let text = text.to_lowercase();
            table.iter().find(|rejection| rejection.phrases.iter().any(|phrase| tells(phrase, &text)))
        })
    }

    /// The failure, with the app's message.
    pub fn failure(&self, said: &Said) -> Failure<C> {
        Failure { case: self.case.clone(), ..(self.setback)(said).into() }
    }
}

/// Whether a text contains the parts of a phrase, in their order.
pub fn tells(phrase: &str, text: &str) -> bool {
    let mut rest = text;
    phrase.split('…').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// How often a request is sent at most, each time without the optional fields that were rejected.
const MOST_SENT: usize = 10;

/// Optional fields that the app rejected, so that a request goes without them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut(Vec<Field>);

/// Sends a request, and repeats it without the optional fields that the app rejected by name, so that data which only
/// describes a buyer does not cost them the action. Some apps name one field at a time.
///
/// # Errors
/// The error of `send`, if the app rejected something else, or still rejects fields after 10 requests.
pub async fn leaving_out<T, C, F>(
    is_optional: impl Fn(&str) -> bool,
    send: impl Fn(LeftOut) -> F,
) -> Result<(T, LeftOut), Failure<C>>
where
    F: Future<Output = Result<T, Failure<C>>>,
{
    let mut left_out = LeftOut::default();
    let mut requests = 1;
    loop {
        let failure = match send(left_out.clone()).await {
            Ok(answer) => return Ok((answer, left_out)),
            Err(failure) => failure,
        };
        let is_new = |field: &Field| is_optional(&field.name) && !left_out.has(&field.name);
        if requests == MOST_SENT || !failure.fields.iter().any(is_new) {
            return Err(failure);
        }
        let more: Vec<_> = failure.fields.into_iter().filter(is_new).collect();
        left_out.0.extend(more);
        requests += 1;
    }
}

impl LeftOut {
    /// Whether this field is left out.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|field| field.name == name)
    }

    /// The value of a field, unless it is left out.
    pub fn keep<T>(&self, name: &str, value: Option<T>) -> Option<T> {
        value.filter(|_| !self.has(name))
    }

    /// The outcome, with a note of the fields that were left out and why. The note of a failure is kept for a later
    /// success.
    #[must_use]
    pub fn noted(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Done { note } => Outcome::Done { note: self.note(note) },
            Outcome::AlreadySo { note } => Outcome::AlreadySo { note: self.note(note) },
            Outcome::Failed(setback) => Outcome::Failed(setback.map_reason(|reason| self.kept(reason))),
        }
    }

    fn kept(&self, reason: Reason) -> Reason {
        match self.note(reason.note.as_ref().map(|note| note.0.clone())) {
            Some(note) => reason.note(note),
            None => reason,
        }
    }

    /// A note for each field.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|Field { name, why }| sentence(format!("`{name}` was rejected and left out"), why))
    }

    fn note(&self, note: Option<String>) -> Option<String> {
        let all: Vec<_> = note.into_iter().chain(self.notes()).collect();
        Some(all.join(" ")).filter(|note| !note.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(names: &[&str]) -> Failure<()> {
        let fields = names.iter().map(|&name| Field { name: name.to_owned(), why: "No.".to_owned() });
        Failure { fields: fields.collect(), ..Setback::rejected(None, "No.", "Change it.").into() }
    }

    /// Sends a request whose first responses are these failures. Returns its result, and the fields that each request
    /// left out.
    async fn send(failures: &[Failure<()>]) -> (Result<LeftOut, Failure<()>>, Vec<LeftOut>) {
        let sent = std::cell::RefCell::new(Vec::new());
        let call = |left_out: LeftOut| {
            sent.borrow_mut().push(left_out);
            let failure = failures.get(sent.borrow().len() - 1).cloned();
            async { failure.map_or(Ok(()), Err) }
        };
        let result = leaving_out(|name| name != "email", call).await;
        (result.map(|((), left_out)| left_out), sent.into_inner())
    }

    #[tokio::test]
    async fn an_optional_field_that_is_rejected_is_left_out_once() {
        let (result, sent) = send(&[rejected(&["phone", "email"])]).await;
        let left_out = result.unwrap();
        assert!(left_out.has("phone") && !left_out.has("email"));
        assert_eq!((left_out.keep("phone", Some(1)), left_out.keep("email", Some(1))), (None, Some(1)));
        assert_eq!(sent, [LeftOut::default(), left_out.clone()]);
        let noted = left_out.noted(Outcome::already("They are on the list."));
        let note = "They are on the list. `phone` was rejected and left out: No.";
        assert_eq!(noted, Outcome::already(note));
        let noted = left_out.noted(Setback::rejected(Fix::Rule, "No tag.", "Choose one.").into());
        let kept = "`phone` was rejected and left out: No.";
        let setback =
            Setback::rejected(Fix::Rule, "No tag.", "Choose one.").map_reason(|reason| reason.note(kept));
        assert_eq!(noted, setback.into());

        // Each request is sent once: an app that names a field again, or always another one, rejects the request.
        let endless: Vec<_> = (0..20).map(|n| rejected(&[&n.to_string()])).collect();
        for (failures, requests) in [
            (&[rejected(&["email"])][..], 1),
            (&[rejected(&[])], 1),
            (&[rejected(&["a"]), rejected(&["a"])], 2),
            (&[rejected(&["a"]), rejected(&["email"])], 2),
            (&endless, MOST_SENT),
        ] {
            let (result, sent) = send(failures).await;
            assert!(result.is_err(), "{failures:?}");
            assert_eq!(sent.len(), requests, "{failures:?}");
        }
        let (result, sent) = send(&[rejected(&["phone", "a"]), rejected(&["b"])]).await;
        let note = "`phone` was rejected and left out: No. `a` was rejected and left out: No. \
                    `b` was rejected and left out: No.";
        let left_out = result.unwrap();
        assert_eq!(
            (sent.len(), left_out.noted(Outcome::DONE)),
            (3, Outcome::Done { note: Some(note.to_owned()) })
        );
        assert_eq!(LeftOut::default().noted(Outcome::DONE), Outcome::DONE);
    }

    #[test]
    fn an_app_without_a_message_is_not_quoted() {
        assert_eq!(sentence("Kit rejected the request", ""), "Kit rejected the request.");
        assert_eq!(sentence("Kit rejected the request", "No."), "Kit rejected the request: No.");
    }

    #[test]
    fn the_first_text_and_then_the_first_of_the_table_counts() {
        let table = [
            Rejection::new(&["tag…exists"], Some(1), Said::request_rejected),
            Rejection::new(&["exists"], Some(2), Said::request_rejected),
        ];
        let case = |texts: &[&str]| Rejection::find(&table, texts).and_then(|found| found.case);
        assert_eq!(case(&["That tag already EXISTS."]), Some(1));
        assert_eq!(case(&["It exists.", "That tag already exists."]), Some(2));
        assert_eq!(case(&["", "It exists: a tag."]), Some(2));
        assert_eq!(case(&["Nope."]), None);
    }
}
