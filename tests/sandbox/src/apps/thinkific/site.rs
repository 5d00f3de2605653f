//! The state of a Thinkific site.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::Terms;
use crate::apps::stand_in::{History, totals};
use crate::exchange::Request;

/// A user with an account.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) created: Timestamp,
    /// The number of searches that do not find the user yet, as if the user had just been created.
    pub(super) unseen_searches: u32,
    pub(super) history: History,
}

/// A user's access to a course.
#[derive(Clone, Debug)]
pub(super) struct Enrollment {
    pub(super) user: u64,
    pub(super) course: u64,
    pub(super) activated_at: Option<Timestamp>,
    pub(super) expiry_date: Option<Timestamp>,
    pub(super) updated_at: Timestamp,
    pub(super) history: History,
}

impl Enrollment {
    pub(super) fn new(user: u64, course: u64, terms: &Terms, at: Timestamp) -> Self {
        let (activated_at, expiry_date) = (terms.activated_at, terms.expiry_date);
        Self { user, course, activated_at, expiry_date, updated_at: at, history: History::default() }
    }

    /// Absent values are not changed. The documents do not state whether a missing `activated_at` turns the enrollment
    /// into a trial again.
    pub(super) fn update(&mut self, request: &Request, terms: &Terms) {
        let before = (self.activated_at, self.expiry_date);
        self.activated_at = terms.activated_at.or(self.activated_at);
        self.expiry_date = terms.expiry_date.or(self.expiry_date);
        self.updated_at = request.at;
        self.history.note(request, "updated", before != (self.activated_at, self.expiry_date), None);
    }
}

/// Several courses under one id.
#[derive(Clone, Debug)]
pub(super) struct Bundle {
    pub(super) name: String,
    pub(super) courses: Vec<u64>,
    /// Whether enrolling returns 202.
    pub(super) asynchronous: bool,
}

/// The site.
#[derive(Clone, Debug)]
pub(in crate::apps) struct Site {
    /// Names by id.
    pub(super) courses: BTreeMap<u64, String>,
    pub(super) bundles: BTreeMap<u64, Bundle>,
    pub(super) users: BTreeMap<u64, User>,
    pub(super) enrollments: BTreeMap<u64, Enrollment>,
    pub(super) plan_without_apps: bool,
    /// Whether accounts require profile fields that only the site's own forms can fill in.
    pub(super) required_profile_fields: bool,
}

impl Default for Site {
    /// Three courses, two of which form a bundle.
    fn default() -> Self {
        let courses = [(2101, "Sourdough Basics"), (2102, "Advanced Baking"), (2103, "Cakes for Beginners")];
        let bundle =
            Bundle { name: "Everything Bread".to_owned(), courses: vec![2101, 2102], asynchronous: false };
        Self {
            courses: courses.map(|(id, name)| (id, name.to_owned())).into(),
            bundles: [(3101, bundle)].into(),
            users: BTreeMap::new(),
            enrollments: BTreeMap::new(),
            plan_without_apps: false,
            required_profile_fields: false,
        }
    }
}

/// The next id of its kind. The ranges of the kinds are far apart, so that ids cannot be confused.
pub(super) fn next<T>(known: &BTreeMap<u64, T>, first: u64) -> u64 {
    known.last_key_value().map_or(first, |(last, _)| last + 1)
}

impl Site {
    /// The user with an address, ignoring letter case.
    pub(super) fn user(&self, email: &str) -> Option<u64> {
        let email = email.trim().to_lowercase();
        self.users.iter().find(|(_, user)| user.email.to_lowercase() == email).map(|(id, _)| *id)
    }

    pub(super) fn add_user(&mut self, user: User) -> u64 {
        let id = next(&self.users, 5001);
        self.users.insert(id, user);
        id
    }

    /// A user's enrollment in a course.
    pub(super) fn enrolled(&self, user: u64, course: u64) -> Option<u64> {
        let same = |enrollment: &Enrollment| enrollment.user == user && enrollment.course == course;
        self.enrollments.iter().find(|(_, enrollment)| same(enrollment)).map(|(id, _)| *id)
    }

    pub(super) fn add_enrollment(&mut self, enrollment: Enrollment) -> u64 {
        let id = next(&self.enrollments, 7001);
        self.enrollments.insert(id, enrollment);
        id
    }

    /// An enrollment in the API's form.
    pub(super) fn enrollment(&self, id: u64, enrollment: &Enrollment, now: Timestamp) -> Value {
        let user = self.users.get(&enrollment.user);
        json!({
            "id": id,
            "user_email": user.map(|user| &user.email),
            "user_name": user.map(|user| format!("{} {}", user.first_name, user.last_name)),
            "user_id": enrollment.user,
            "course_name": self.courses.get(&enrollment.course),
            "course_id": enrollment.course,
            "percentage_completed": 0.0,
            "expired": enrollment.expiry_date.is_some_and(|end| end <= now),
            "is_free_trial": enrollment.activated_at.is_none(),
            "completed": false,
            "started_at": null,
            "activated_at": enrollment.activated_at,
            "completed_at": null,
            "updated_at": enrollment.updated_at,
            "expiry_date": enrollment.expiry_date,
        })
    }

    /// The whole state, or that of one address.
    pub(super) fn show(&self, email: Option<&str>, now: Timestamp) -> Value {
        let wanted = |user: &User| email.is_none_or(|email| user.email.eq_ignore_ascii_case(email));
        let enrollments = self.enrollments.values().map(|enrollment| &enrollment.history);
        let histories = self.users.values().map(|user| &user.history).chain(enrollments);
        let shown = |id: &u64, user: &User| {
            let theirs = self.enrollments.iter().filter(|(_, enrollment)| enrollment.user == *id);
            let enrollments =
                theirs.map(|(id, enrollment)| enrollment.history.of(self.enrollment(*id, enrollment, now)));
            user.history.of(json!({
                "id": id,
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "enrollments": enrollments.collect::<Vec<_>>(),
            }))
        };
        let users = self.users.iter().filter(|(_, user)| wanted(user)).map(|(id, user)| shown(id, user));
        json!({
            "users": users.collect::<Vec<_>>(),
            "courses": self.courses,
            "bundles": self.bundles.iter().map(|(id, bundle)| (id, &bundle.courses)).collect::<BTreeMap<_, _>>(),
            "totals": totals(histories),
        })
    }
}
