//! Seeding the site.
//!
//! ```json
//! {"courses": [{"id": 2104, "name": "…"}],
//!  "bundles": [{"id": 3102, "name": "…", "course_ids": [2101, 2104], "asynchronous": true}],
//!  "users": [{"email": "a@b.co", "first_name": "Ann", "last_name": "Bee", "unseen_searches": 1, "enrollments": [
//!     {"course_id": 2101, "activated_at": "2026-01-01T00:00:00Z", "expiry_date": "2026-02-01T00:00:00Z"}]}],
//!  "plan_without_apps": true, "required_profile_fields": true}
//! ```
//! An existing course, bundle or user is replaced, a user with their enrollments. An enrollment without `activated_at`
//! is a free trial. Seeds do not count as changes.
use jiff::Timestamp;
use serde::Deserialize;

use super::body::Terms;
use super::site::{Bundle, Enrollment, Site, User};
use crate::apps::stand_in::{History, Plant};
use crate::exchange::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::apps) struct Seed {
    #[serde(default)]
    courses: Vec<SeedCourse>,
    #[serde(default)]
    bundles: Vec<SeedBundle>,
    #[serde(default)]
    users: Vec<SeedUser>,
    plan_without_apps: Option<bool>,
    required_profile_fields: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedCourse {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedBundle {
    id: u64,
    name: String,
    course_ids: Vec<u64>,
    #[serde(default)]
    asynchronous: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedUser {
    email: String,
    #[serde(default = "seeded")]
    first_name: String,
    #[serde(default = "seeded")]
    last_name: String,
    #[serde(default)]
    unseen_searches: u32,
    #[serde(default)]
    enrollments: Vec<SeedEnrollment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedEnrollment {
    course_id: u64,
    activated_at: Option<Timestamp>,
    expiry_date: Option<Timestamp>,
}

fn seeded() -> String {
    "Seeded".to_owned()
}

impl Plant<Site> for Seed {
    fn plant(self, site: &mut Site, at: Timestamp) -> Result<(), Refusal> {
        let known = |course: &u64| {
            site.courses.contains_key(course) || self.courses.iter().any(|planted| planted.id == *course)
        };
        let in_bundles = self.bundles.iter().flat_map(|bundle| &bundle.course_ids);
        let in_enrollments = self
            .users
            .iter()
            .flat_map(|user| user.enrollments.iter().map(|enrollment| &enrollment.course_id));
        if let Some(course) = in_bundles.chain(in_enrollments).find(|course| !known(course)) {
            return Err(Refusal::new(format!("course {course} does not exist")));
        }
        if let Some(user) = self.users.iter().find(|user| !user.email.contains('@')) {
            return Err(Refusal::new(format!("users: `{}` is no address", user.email)));
        }
        for SeedCourse { id, name } in self.courses {
            site.courses.insert(id, name);
        }
        for SeedBundle { id, name, course_ids, asynchronous } in self.bundles {
            site.bundles.insert(id, Bundle { name, courses: course_ids, asynchronous });
        }
        for planted in self.users {
            if let Some(id) = site.user(&planted.email) {
                site.users.remove(&id);
                site.enrollments.retain(|_, enrollment| enrollment.user != id);
            }
            let SeedUser { email, first_name, last_name, unseen_searches, enrollments } = planted;
            let history = History::default();
            let id =
                site.add_user(User { email, first_name, last_name, created: at, unseen_searches, history });
            for SeedEnrollment { course_id, activated_at, expiry_date } in enrollments {
                site.add_enrollment(Enrollment::new(id, course_id, &Terms { activated_at, expiry_date }, at));
            }
        }
        site.plan_without_apps = self.plan_without_apps.unwrap_or(site.plan_without_apps);
        site.required_profile_fields = self.required_profile_fields.unwrap_or(site.required_profile_fields);
        Ok(())
    }
}
