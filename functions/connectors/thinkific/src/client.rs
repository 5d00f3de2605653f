//! The calls of Thinkific's Admin API that the actions need.
//! <https://developers.thinkific.com/api/api-documentation/>

use connector::credentials::Credentials;
use connector::http::{Answer, AppHttp, Method, Origin, RequestBuilder, StatusCode};
use connector::person::same_address;
use domain::options::{MOST, OptionItem};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{self, AuthKind, Failure};
use crate::person::NewUser;

/// The maximum page size in Thinkific.
const PAGE: &str = "250";

/// The end date of an enrollment without an end. Thinkific does not document whether a null means "no end", so the date
/// is in the far future.
const NEVER: &str = "2099-12-31T00:00:00Z";

/// The age of the end date of an enrollment that ends now, so that with any clock it is in the past.
const AGO: SignedDuration = SignedDuration::from_secs(60);

/// Calls one site.
#[derive(Debug)]
pub struct Client<'a> {
    http: &'a AppHttp,
    origin: &'a Origin,
    pass: Pass<'a>,
    now: Timestamp,
}

/// The credential of a call.
#[derive(Debug)]
enum Pass<'a> {
    /// A site's API key, which also needs the site's name.
    Key { key: &'a SecretString, subdomain: &'a SecretString },
    /// An OAuth token, which belongs to one site.
    Token(&'a SecretString),
}

/// A user with an account on the site, such as a student.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: u64,
    #[serde(default)]
    email: Option<String>,
}

/// A user's access to a course.
#[derive(Debug, Clone, Deserialize)]
pub struct Enrollment {
    /// Its id.
    pub id: u64,
    /// The id of the course, which differs from the id of its product.
    #[serde(default)]
    pub course_id: Option<u64>,
    #[serde(default)]
    user_id: Option<u64>,
    #[serde(default)]
    expired: Option<bool>,
    #[serde(default)]
    is_free_trial: Option<bool>,
    #[serde(default)]
    activated_at: Option<String>,
    /// Its end, past or future. Absent if it has no end.
    #[serde(default)]
    pub expiry_date: Option<String>,
}

impl Enrollment {
    /// Whether it has ended.
    pub fn ended(&self, now: Timestamp) -> bool {
        let end = self.expiry_date.as_deref().and_then(|date| date.parse::<Timestamp>().ok());
        self.expired == Some(true) || end.is_some_and(|end| end <= now)
    }

    /// Whether it now gives access to the whole course, not only to the free previews.
    pub fn full(&self, now: Timestamp) -> bool {
        !self.ended(now) && self.is_free_trial != Some(true)
    }

    /// Whether it gives access to the whole course and has no end.
    pub fn endless(&self, now: Timestamp) -> bool {
        let never = |end: Timestamp| NEVER.parse().is_ok_and(|never: Timestamp| end >= never);
        let end = self.expiry_date.as_deref();
        self.full(now) && end.is_none_or(|date| date.parse().is_ok_and(never))
    }

    fn activated(&self) -> Option<Timestamp> {
        self.activated_at.as_deref()?.parse().ok()
    }
}

/// The start and end of an enrollment's access. Absent values are not written.
#[derive(Debug, PartialEq, Eq)]
pub struct Terms {
    activated_at: Option<String>,
    expiry_date: Option<String>,
}

impl Terms {
    /// Full from `start` on, without an end. Without a start, Thinkific would create a free trial.
    pub fn fresh(start: Timestamp) -> Self {
        Self { activated_at: Some(time(start)), expiry_date: None }
    }

    /// Full and without an end, replacing the existing terms. A full enrollment keeps its activation date, because
    /// lessons may be released by it; without any date, Thinkific would make it a free trial.
    pub fn renewed(now: Timestamp, before: &Enrollment) -> Self {
        let ends = before.expiry_date.is_some() || before.ended(now);
        let kept = before.activated().filter(|_| before.full(now));
        Self { expiry_date: ends.then(|| NEVER.to_owned()), ..Self::fresh(kept.unwrap_or(now)) }
    }

    /// The end, if it is written.
    pub fn end(&self) -> Option<&str> {
        self.expiry_date.as_deref()
    }

    /// Ended.
    pub fn over(now: Timestamp) -> Self {
        Self { activated_at: None, expiry_date: Some(time(now.saturating_sub(AGO).unwrap_or(now))) }
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    course_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry_date: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn of(terms: &'a Terms, course_id: Option<u64>, user_id: Option<u64>) -> Self {
        let (activated_at, expiry_date) = (terms.activated_at.as_deref(), terms.expiry_date.as_deref());
        Self { course_id, user_id, activated_at, expiry_date }
    }
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    pagination: Pagination,
}

#[derive(Default, Deserialize)]
struct Pagination {
    #[serde(default)]
    next_page: Option<u32>,
}

#[derive(Deserialize)]
struct Course {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    course_ids: Vec<u64>,
}

/// A product: a course or bundle for sale, with an id of its own.
#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    name: String,
    #[serde(default)]
    productable_type: Option<String>,
    #[serde(default)]
    productable_id: Option<u64>,
}

impl<'a> Client<'a> {
    /// A client for the site that the credentials belong to: by OAuth if a token is present, otherwise by the site's
    /// API key.
    ///
    /// <https://support.thinkific.dev/hc/en-us/articles/4422657425431-Authorization-using-API-Key>
    ///
    /// # Errors
    /// A credential is absent.
    pub fn new(
        http: &'a AppHttp,
        origin: &'a Origin,
        credentials: &'a Credentials,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let pass = match credentials.get("access_token") {
            Ok(token) => Pass::Token(token),
            Err(_) => {
                Pass::Key { key: credentials.get("api_key")?, subdomain: credentials.get("subdomain")? }
            }
        };
        Ok(Self { http, origin, pass, now })
    }

    /// The time of the attempt.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Requests a minimal page to check that the credentials are accepted.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getCourses`
    pub async fn test(&self) -> Result<(), Failure> {
        self.send(self.request(Method::GET, &["courses"])?.query(&[("page", "1"), ("limit", "1")])).await?;
        Ok(())
    }

    /// The user with exactly this address, ignoring letter case. Thinkific calls its filter a search.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getUsers`
    pub async fn user(&self, email: &str) -> Result<Option<User>, Failure> {
        let email = email.trim();
        let request = self.request(Method::GET, &["users"])?;
        let page: Page<User> = self.read(request.query(&[("query[email]", email), ("limit", PAGE)])).await?;
        let same = |user: &User| user.email.as_deref().is_some_and(|own| same_address(own, email));
        Ok(page.items.into_iter().find(same))
    }

    /// Creates an account.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `createUser`
    pub async fn create_user(&self, user: &NewUser) -> Result<User, Failure> {
        self.read(self.request(Method::POST, &["users"])?.json(user)).await
    }

    /// A user's enrollments in a course. Thinkific documents at most one.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getEnrollments`
    pub async fn enrollments(&self, user: u64, course: u64) -> Result<Vec<Enrollment>, Failure> {
        let request = self.request(Method::GET, &["enrollments"])?.query(&[
            ("query[user_id]", user.to_string().as_str()),
            ("query[course_id]", &course.to_string()),
            ("limit", PAGE),
        ]);
        let found: Page<Enrollment> = self.read(request).await?;
        // The next write must never change another student's or course's enrollment.
        let theirs = |enrollment: &Enrollment| {
            enrollment.user_id.is_none_or(|id| id == user)
                && enrollment.course_id.is_none_or(|id| id == course)
        };
        Ok(found.items.into_iter().filter(theirs).collect())
    }

    /// Enrolls a user in a course.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `createEnrollment`
    pub async fn enroll(&self, user: u64, course: u64, terms: &Terms) -> Result<(), Failure> {
        let written = Written::of(terms, Some(course), Some(user));
        self.send(self.request(Method::POST, &["enrollments"])?.json(&written)).await?;
        Ok(())
    }

    /// Changes an enrollment's terms. Thinkific has no call to delete an enrollment.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `updateEnrollment`
    pub async fn update(&self, enrollment: u64, terms: &Terms) -> Result<(), Failure> {
        let request = self.request(Method::PUT, &["enrollments", &enrollment.to_string()])?;
        self.send(request.json(&Written::of(terms, None, None))).await?;
        Ok(())
    }

    /// The ids of a bundle's courses. [`Case::NotFound`](error::Case::NotFound): the bundle does not exist.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getBundleByID`
    pub async fn bundle_courses(&self, bundle: u64) -> Result<Vec<u64>, Failure> {
        let bundle: Bundle = self.read(self.request(Method::GET, &["bundles", &bundle.to_string()])?).await?;
        Ok(bundle.course_ids)
    }

    /// A user's enrollments that belong to a bundle.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getBundleEnrollments`
    pub async fn bundle_enrollments(&self, user: u64, bundle: u64) -> Result<Vec<Enrollment>, Failure> {
        let request = self
            .bundle(Method::GET, bundle)?
            .query(&[("query[user_id]", user.to_string().as_str()), ("limit", PAGE)]);
        let found: Page<Enrollment> = self.read(request).await?;
        Ok(found.items.into_iter().filter(|item| item.user_id.is_none_or(|id| id == user)).collect())
    }

    /// Enrolls a user in a bundle and each of its courses. Returns whether Thinkific has finished; if not, it continues
    /// on its own.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `createEnrollmentInBundle`
    pub async fn enroll_in_bundle(&self, user: u64, bundle: u64, terms: &Terms) -> Result<bool, Failure> {
        let request = self.bundle(Method::POST, bundle)?.json(&Written::of(terms, None, Some(user)));
        Ok(self.send(request).await?.status != StatusCode::ACCEPTED)
    }

    /// Changes the terms of a user's enrollments in a bundle and each of its courses.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `updateEnrollmentsInBundle`
    pub async fn update_bundle(&self, user: u64, bundle: u64, terms: &Terms) -> Result<(), Failure> {
        let request = self.bundle(Method::PUT, bundle)?.json(&Written::of(terms, None, Some(user)));
        self.send(request).await?;
        Ok(())
    }

    /// The option list of the site's courses.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getCourses`
    pub async fn courses(&self) -> Result<Vec<OptionItem>, Failure> {
        self.all("courses", |course: Course| Some(OptionItem::new(course.id.to_string(), course.name))).await
    }

    /// The option list of the site's bundles. Thinkific lists bundles only among its products.
    ///
    /// <https://developers.thinkific.com/api/api-documentation/>, `getProducts`
    pub async fn bundles(&self) -> Result<Vec<OptionItem>, Failure> {
        let bundle = |product: Product| {
            let id = product.productable_id.filter(|_| product.productable_type.as_deref() == Some("Bundle"));
            Some(OptionItem::new(id?.to_string(), product.name))
        };
        self.all("products", bundle).await
    }

    /// All pages of a list, up to the number of entries that are stored.
    async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        item: impl Fn(T) -> Option<OptionItem>,
    ) -> Result<Vec<OptionItem>, Failure> {
        let (mut items, mut page) = (Vec::new(), 1);
        loop {
            let query = [("page", page.to_string()), ("limit", PAGE.to_owned())];
            let read: Page<T> = self.read(self.request(Method::GET, &[path])?.query(&query)).await?;
            items.extend(read.items.into_iter().filter_map(&item));
            match read.meta.pagination.next_page {
                // A page that names itself as the next page would never end.
                Some(next) if next > page && items.len() <= MOST => page = next,
                Some(_) | None => return Ok(items),
            }
        }
    }

    fn bundle(&self, method: Method, bundle: u64) -> Result<RequestBuilder, Failure> {
        self.request(method, &["bundles", &bundle.to_string(), "enrollments"])
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let url = self.origin.url(["api", "public", "v1"].into_iter().chain(path.iter().copied()))?;
        let request = self.http.request(method, url);
        Ok(match self.pass {
            Pass::Token(token) => request.bearer_auth(token.expose_secret().trim()),
            Pass::Key { key, subdomain } => request
                .header("X-Auth-API-Key", key.expose_secret().trim())
                .header("X-Auth-Subdomain", subdomain.expose_secret().trim()),
        })
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        Ok(self.send(request).await?.json()?)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.http.send(request).await?;
        let way = match self.pass {
            Pass::Token(_) => AuthKind::OAuth,
            Pass::Key { .. } => AuthKind::Key,
        };
        if answer.status.is_success() { Ok(answer) } else { Err(error::failure(&answer, way, self.now)) }
    }
}
