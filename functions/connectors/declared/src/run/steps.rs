//! Performs steps.

use std::collections::BTreeMap;

use connector::failure::Said;
use connector::http::Answer;
use domain::outcome::{Outcome, Setback};
use serde_json::Value;

use super::answer::{Texts, Understood};
use super::list::Reading;
use super::{Case, Failure, MOST_STEPS, Run, at};
use crate::definition::{Choice, Collect, Each, End, Find, Kind, Known, Ordered, Pointer, Request, Step};
use crate::template::Unusable;

/// The outcome, if the steps end the action.
type Flow = Result<Option<Outcome>, Failure>;

impl Run<'_> {
    /// Performs steps in order. `answered` is the failure that the steps handle.
    pub(super) fn sequence<'s>(
        &'s self,
        steps: &'s [Step],
        answered: Option<&'s Failure>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Flow> + Send + 's>> {
        Box::pin(async move {
            for step in steps {
                if !Self::counts(&self.steps, MOST_STEPS) {
                    return Err(self.defect(&format!("it needs more than {MOST_STEPS} steps")).into());
                }
                if let Some(outcome) = self.step(step, answered).await? {
                    return Ok(Some(outcome));
                }
            }
            Ok(None)
        })
    }

    async fn step(&self, step: &Step, answered: Option<&Failure>) -> Flow {
        match step {
            Step::Request(request) => self.request(request, answered).await,
            Step::Find(find) => self.find(find, answered).await,
            Step::Collect(collect) => self.collect(collect).await,
            Step::If(choice) => self.choice(choice, answered).await,
            Step::Each(each) => self.each(each, answered).await,
            Step::Let(values) => {
                for (name, tree) in values.iter() {
                    let value = self.tree(tree)?.unwrap_or_default();
                    self.names.get().set(name, value);
                }
                Ok(None)
            }
            Step::Use(name) => match self.app.definition.calls.blocks.get(name) {
                Some(steps) => self.sequence(steps, answered).await,
                None => Err(self.defect("a block is missing").into()),
            },
            Step::Note(text) => {
                self.notes.get().extend(self.said(Some(text))?);
                Ok(None)
            }
            Step::Done(text) => Ok(Some(Outcome::Done { note: self.said(text.as_ref())? })),
            Step::Already(text) => Ok(Some(Outcome::AlreadySo { note: self.said(text.as_ref())? })),
            Step::End(end) => self.end(end, answered),
        }
    }

    fn end(&self, end: &End, answered: Option<&Failure>) -> Flow {
        let texts = Texts {
            reason: self.said(end.reason.as_ref())?,
            hint: self.said(end.hint.as_ref())?,
            fix: end.fix,
        };
        Ok(Some(match end.then {
            Kind::AsAnswered => match answered {
                Some(failure) => return Err(failure.clone()),
                None => self.defect("there is no answer to end with").into(),
            },
            Kind::Done => Outcome::Done { note: texts.reason },
            Kind::Already => Outcome::AlreadySo { note: texts.reason },
            Kind::RateLimited => {
                let wait = self.app.definition.calls.wait.default;
                let until = self.now.saturating_add(wait).unwrap_or(self.now);
                let label = &self.app.definition.manifest.label;
                let reason =
                    texts.reason.unwrap_or_else(|| format!("{label} accepts no more calls for now."));
                Setback::rate_limited(until, reason).into()
            }
            kind => self.setback(kind, &texts, &Said::nothing(self.app.app), end.what.as_deref()).into(),
        }))
    }

    async fn request(&self, request: &Request, answered: Option<&Failure>) -> Flow {
        match self.send(request).await {
            Ok((_, Understood::End(outcome))) => Ok(Some(outcome)),
            Ok((answer, Understood::Success(body))) => {
                self.capture(&request.capture, &body, &answer)?;
                self.sequence(&request.then, answered).await
            }
            Err(failure) => self.handled(&request.on, failure).await,
        }
    }

    /// Performs the steps for a failure's case; without any, the failure is the outcome.
    async fn handled(&self, on: &BTreeMap<String, Vec<Step>>, failure: Failure) -> Flow {
        let is_rejection = matches!(failure.setback, Setback::Rejected { .. });
        let steps = match &failure.case {
            Some(Case::Answered(name)) => on.get(&**name),
            None if is_rejection => on.get("rejected"),
            Some(Case::WouldChange) | None => None,
        };
        match steps {
            Some(steps) => self.sequence(steps, Some(&failure)).await,
            None => Err(failure),
        }
    }

    /// Names values of an answer.
    fn capture(&self, capture: &Ordered<Pointer>, body: &Value, answer: &Answer) -> Result<(), Failure> {
        for (name, pointer) in capture.iter() {
            let value = match answer.placeholder(&pointer.path) {
                Some(_) if pointer.optional => Value::Null,
                Some(placeholder) => Value::from(placeholder),
                None => match at(body, &pointer.path) {
                    Some(value) => value.clone(),
                    None if pointer.optional => Value::Null,
                    None => return Err(answer.unreadable().into()),
                },
            };
            self.names.get().set(name, value);
        }
        Ok(())
    }

    async fn find(&self, find: &Find, answered: Option<&Failure>) -> Flow {
        let mut best: Option<(usize, Value)> = None;
        let mut see = |entries: Vec<Value>| -> Result<Reading, Unusable> {
            for entry in entries {
                let most = best.as_ref().map_or(find.matches.len(), |(rank, _)| *rank);
                for (rank, condition) in find.matches[..most].iter().enumerate() {
                    if self.holds_for(&find.name, &entry, condition)? {
                        best = Some((rank, entry));
                        break;
                    }
                }
                if matches!(best, Some((0, _))) {
                    return Ok(Reading::Over);
                }
            }
            Ok(Reading::On)
        };
        let read = match (&find.request, &find.list) {
            (Some(request), _) => self.pages(request, &find.items, &find.paging, see).await,
            (None, Some(list)) => {
                let seen = self.entries(list).and_then(&mut see);
                seen.map(|_| ()).map_err(|error| self.unusable(&error).into())
            }
            (None, None) => Ok(()),
        };
        if let Err(failure) = read {
            return self.handled(&find.on, failure).await;
        }
        let Some((_, entry)) = best else {
            for (name, _) in find.capture.iter() {
                self.names.get().set(name, Value::Null);
            }
            return self.sequence(&find.missing, answered).await;
        };
        for (name, pointer) in find.capture.iter() {
            let value = match at(&entry, &pointer.path) {
                Some(value) => value.clone(),
                None if pointer.optional => Value::Null,
                None => {
                    let label = &self.app.definition.manifest.label;
                    let message = format!("{label} returned an entry without `{}`.", pointer.path);
                    return Err(Setback::transient(message).into());
                }
            };
            self.names.get().set(name, value);
        }
        self.names.get().set(&find.name, entry);
        self.sequence(&find.then, answered).await
    }

    async fn collect(&self, collect: &Collect) -> Flow {
        let mut kept = Vec::new();
        let mut see = |entries: Vec<Value>| -> Result<Reading, Unusable> {
            for entry in entries {
                let is_kept = match &collect.filter {
                    Some(condition) => self.holds_for("item", &entry, condition)?,
                    None => true,
                };
                if !is_kept {
                    continue;
                }
                match &collect.value {
                    None => kept.push(entry),
                    Some(tree) => {
                        self.names.get().set("item", entry);
                        kept.extend(tree.value(self)?);
                        self.names.get().restore("item", None);
                    }
                }
            }
            Ok(Reading::On)
        };
        let read = match (&collect.request, &collect.list) {
            (Some(request), _) => self.pages(request, &collect.items, &collect.paging, see).await,
            (None, Some(list)) => {
                let seen = self.entries(list).and_then(&mut see);
                seen.map(|_| ()).map_err(|error| self.unusable(&error).into())
            }
            (None, None) => Ok(()),
        };
        match read {
            Ok(()) => {
                self.names.get().set(&collect.into, Value::Array(kept));
                Ok(None)
            }
            Err(failure) => self.handled(&collect.on, failure).await,
        }
    }

    async fn choice(&self, choice: &Choice, answered: Option<&Failure>) -> Flow {
        let holds = self.holds(&choice.when).map_err(|error| self.unusable(&error))?;
        self.sequence(if holds { &choice.then } else { &choice.otherwise }, answered).await
    }

    async fn each(&self, each: &Each, answered: Option<&Failure>) -> Flow {
        let entries = self.entries(&each.list).map_err(|error| self.unusable(&error))?;
        let before = self.names.get().get(&each.name).cloned();
        for entry in entries {
            self.names.get().set(&each.name, entry);
            if let Some(outcome) = self.sequence(&each.steps, answered).await? {
                return Ok(Some(outcome));
            }
        }
        self.names.get().restore(&each.name, before);
        Ok(None)
    }
}
