//! Sends a request. Each value is encoded for its place.

use connector::failure::{LeftOut, leaving_out};
use connector::http::{Answer, RequestBuilder, Url, header};
use domain::outcome::Setback;
use serde_json::{Map, Value};

use super::answer::Understood;
use super::{Case, Failure, Run};
use crate::definition::{Auth, Ordered, Parameter, Request, Tree, Verb};
use crate::template::{Path, Template, Unusable, Values};

/// A page of a list: values that the paging adds to the request, or the address of the page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) parameters: Vec<(Parameter, Value)>,
    pub(super) address: Option<Url>,
}

impl Page {
    /// The query parameters.
    fn query(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let query = self.parameters.iter().filter_map(|(parameter, value)| match parameter {
            Parameter::Query(name) => Some((name.clone(), text(value))),
            Parameter::Body(_) => None,
        });
        query.collect()
    }

    /// Adds the fields of the body.
    fn fill(&self, body: &mut Value) {
        for (parameter, value) in &self.parameters {
            let Parameter::Body(names) = parameter else { continue };
            let place = names.iter().fold(&mut *body, |at, name| {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                &mut at[name.as_str()]
            });
            *place = value.clone();
        }
    }
}

impl Run<'_> {
    /// Sends a request, and repeats it without the optional fields that the app rejects by name.
    pub(super) async fn send(&self, request: &Request) -> Result<(Answer, Understood), Failure> {
        if request.optional.is_empty() {
            return self.once(request, &Page::default()).await;
        }
        let before = self.hidden.get().clone();
        let sent = leaving_out(
            |field| request.optional.get(field).is_some(),
            |left_out| {
                let hidden = request.optional.iter().filter(|(field, _)| left_out.has(field));
                let hidden: Vec<Path> = hidden.map(|(_, path)| path.clone()).collect();
                *self.hidden.get() = before.iter().cloned().chain(hidden).collect();
                async move { self.once(request, &Page::default()).await }
            },
        );
        let sent = sent.await;
        *self.hidden.get() = before;
        let (answered, left_out): (_, LeftOut) = sent?;
        self.left_out.get().extend(left_out.notes());
        Ok(answered)
    }

    /// Sends a request once.
    pub(super) async fn once(&self, request: &Request, page: &Page) -> Result<(Answer, Understood), Failure> {
        if self.asks && request.method != Verb::Get {
            return Err(Failure::of(Case::WouldChange, self.defect("a question sends only GET requests")));
        }
        if !Self::counts(&self.requests, self.most_requests) {
            let most = self.most_requests;
            return Err(self.defect(&format!("it needs more than {most} requests")).into());
        }
        let built = self.built(request, page)?;
        let answer = self.app.http.send(built).await?;
        if answer.is_previewed() {
            return Ok((answer, Understood::Success(Value::Null)));
        }
        let understood = self.understood(&answer, request)?;
        Ok((answer, understood))
    }

    fn built(&self, request: &Request, page: &Page) -> Result<RequestBuilder, Failure> {
        let calls = &self.app.definition.calls;
        let auth = calls.auth.get(&self.method.key);
        let url = match &page.address {
            Some(url) => url.clone(),
            None => self.url(request)?,
        };
        let mut built = self.app.http.request(request.method.method(), url);
        let mut query = page.query();
        if page.address.is_none() {
            query.extend(self.pairs(&request.query)?);
        }
        if let Some(auth) = auth {
            built = self.authorized(built, auth)?;
            query.extend(self.secrets(&auth.query)?);
        }
        if !query.is_empty() {
            built = built.query(&query);
        }
        for (name, value) in calls.headers.iter().chain(request.headers.iter()) {
            if let Some(value) = self.rendered(value)? {
                built = built.header(name, sendable(name, &value)?);
            }
        }
        let secrets = auth.map(|auth| self.secrets(&auth.body)).transpose()?.unwrap_or_default();
        if let Some(body) = &request.json {
            let mut body = self.tree(body)?.unwrap_or_else(|| Value::Object(Map::new()));
            page.fill(&mut body);
            if let Some(fields) = body.as_object_mut() {
                fields.extend(secrets.into_iter().map(|(name, value)| (name, Value::from(value))));
            }
            built = built.json(&body);
        } else if let Some(form) = &request.form {
            let mut pairs = self.pairs(form)?;
            pairs.extend(secrets);
            built = built.form(&pairs);
        }
        Ok(built)
    }

    fn url(&self, request: &Request) -> Result<Url, Failure> {
        let mut segments = Vec::new();
        for segment in self.app.definition.calls.path.iter().chain(&request.path) {
            let missing = || {
                let names: Vec<String> = segment.expressions().map(|one| one.path.to_string()).collect();
                self.defect(&format!("`{}`, a part of the address, is not known", names.join(", ")))
            };
            // A list is as many segments as it has entries, which may be none.
            match segment.value(self).map_err(|error| self.unusable(&error))?.ok_or_else(missing)? {
                Value::Array(list) => segments.extend(list.iter().flat_map(super::condition::texts)),
                _ => segments.push(self.rendered(segment)?.ok_or_else(missing)?),
            }
        }
        Ok(self.origin.url(segments.iter().map(String::as_str))?)
    }

    fn authorized(&self, built: RequestBuilder, auth: &Auth) -> Result<RequestBuilder, Failure> {
        let mut built = built;
        if let Some(bearer) = &auth.bearer {
            built = built.header(header::AUTHORIZATION, secret(&format!("Bearer {}", self.secret(bearer)?))?);
        }
        if let Some(basic) = &auth.basic {
            built = built.basic_auth(self.secret(&basic.username)?, Some(self.secret(&basic.password)?));
        }
        for (name, value) in self.secrets(&auth.headers)? {
            built = built.header(name, secret(&value)?);
        }
        Ok(built)
    }

    fn secrets(&self, fields: &Ordered<Template>) -> Result<Vec<(String, String)>, Failure> {
        let secret = |(name, template): (&str, &Template)| Ok((name.to_owned(), self.secret(template)?));
        fields.iter().map(secret).collect()
    }

    /// A text of `auth`, with credentials.
    fn secret(&self, template: &Template) -> Result<String, Failure> {
        for expression in template.expressions().filter(|expression| expression.path.root == "credential") {
            for key in &expression.path.rest {
                self.credential(key)?;
            }
        }
        let rendered = template.text(&WithCredentials(self)).map_err(|error| self.unusable(&error))?;
        Ok(rendered.unwrap_or_default())
    }

    /// A text; `None` if it is absent.
    pub(super) fn rendered(&self, template: &Template) -> Result<Option<String>, Setback> {
        template.text(self).map_err(|error| self.unusable(&error))
    }

    pub(super) fn tree(&self, tree: &Tree) -> Result<Option<Value>, Setback> {
        tree.value(self).map_err(|error| self.unusable(&error))
    }

    /// Names and values of a query or a form. A list is repeated under its name.
    fn pairs(&self, fields: &Ordered<Tree>) -> Result<Vec<(String, String)>, Setback> {
        let mut pairs = Vec::new();
        for (name, tree) in fields.iter() {
            let values = match self.tree(tree)? {
                None => Vec::new(),
                Some(Value::Array(list)) => list,
                Some(value) => vec![value],
            };
            for value in values {
                let text = match value {
                    Value::String(text) => text,
                    Value::Null => continue,
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    Value::Array(_) | Value::Object(_) => {
                        return Err(self.unusable(&Unusable::new(format!("`{name}` is not a text."))));
                    }
                };
                pairs.push((name.to_owned(), text));
            }
        }
        Ok(pairs)
    }
}

/// The values of a run and its credentials, for `auth` alone.
struct WithCredentials<'r, 'a>(&'r Run<'a>);

impl Values for WithCredentials<'_, '_> {
    fn value(&self, path: &Path) -> Option<Value> {
        match (path.root.as_str(), path.rest.as_slice()) {
            ("credential", [key]) => self.0.credential(key).ok().map(Value::from),
            ("credential", _) => None,
            _ => self.0.value(path),
        }
    }
}

fn secret(value: &str) -> Result<header::HeaderValue, Failure> {
    let stray = || {
        Setback::reconnect(
            "The stored credentials cannot be sent.",
            "Connect the integration again; look for stray line breaks in what you paste.",
        )
    };
    let mut value = header::HeaderValue::from_str(value).map_err(|_| stray())?;
    value.set_sensitive(true);
    Ok(value)
}

fn sendable(name: &str, value: &str) -> Result<header::HeaderValue, Failure> {
    header::HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        let message = format!("The header `{name}` cannot be sent: its value has a line break.");
        Setback::rejected(None, message, "Edit the rule, or correct the customer's data.").into()
    })
}
