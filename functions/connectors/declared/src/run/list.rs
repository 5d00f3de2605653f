//! Reads the pages of a list.

use connector::http::{Answer, StatusCode, Url};
use domain::options::{MOST, OptionItem};
use domain::outcome::Setback;
use serde_json::Value;

use super::answer::Understood;
use super::request::Page;
use super::{Failure, Run, at};
use crate::definition::{Condition, List, Paging, Parameter, Pointer, Request};
use crate::template::Unusable;

/// Whether reading a list continues after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// With the next page.
    On,
    /// Not.
    Over,
}

impl Run<'_> {
    /// An option list of the account.
    pub(super) async fn option_list(&self, list: &List) -> Result<Vec<OptionItem>, Setback> {
        let mut items = Vec::new();
        let pages = self.pages(&list.request, &list.items, &list.paging, |entries| {
            for entry in entries {
                items.extend(self.option(list, &entry)?);
            }
            Ok(if items.len() > MOST { Reading::Over } else { Reading::On })
        });
        pages.await?;
        Ok(items)
    }

    fn option(&self, list: &List, entry: &Value) -> Result<Option<OptionItem>, Unusable> {
        if let Some(condition) = &list.filter
            && !self.holds_for("item", entry, condition)?
        {
            return Ok(None);
        }
        self.names.get().set("item", entry.clone());
        let (id, label) = (list.id.text(self)?, list.label.text(self)?);
        let parent = list.parent.as_ref().map(|parent| parent.text(self)).transpose()?.flatten();
        self.names.get().restore("item", None);
        Ok(id.map(|value| OptionItem { label: label.unwrap_or_else(|| value.clone()), value, parent }))
    }

    /// Reads pages and passes the entries of each to `see`, until it says that it is over or there is no next page.
    pub(super) async fn pages(
        &self,
        request: &Request,
        items: &Pointer,
        paging: &Paging,
        mut see: impl FnMut(Vec<Value>) -> Result<Reading, Unusable>,
    ) -> Result<(), Failure> {
        let (mut page, mut before, mut read) = (first(paging), None, 0);
        loop {
            let (answer, understood) = self.once(request, &page).await?;
            if answer.is_previewed() {
                return Ok(());
            }
            let Understood::Success(body) = understood else {
                return Err(self.defect("a list is read with a request that ends the action").into());
            };
            let entries = match body.pointer(&items.path) {
                Some(Value::Array(entries)) => entries.clone(),
                Some(Value::Null) | None
                    if items.optional
                        || (answer.status == StatusCode::NO_CONTENT && items.path.is_empty()) =>
                {
                    Vec::new()
                }
                Some(_) | None => return Err(answer.unreadable().into()),
            };
            // Pages that repeat would never end.
            if entries.is_empty() || before.as_ref() == Some(&entries) {
                return Ok(());
            }
            before = Some(entries.clone());
            read += entries.len();
            let count = entries.len();
            let over = see(entries).map_err(|error| self.unusable(&error))?;
            if over == Reading::Over || read > MOST {
                return Ok(());
            }
            match self.next(paging, &page, &answer, &body, count, read)? {
                Some(next) => page = next,
                None => return Ok(()),
            }
        }
    }

    fn next(
        &self,
        paging: &Paging,
        page: &Page,
        answer: &Answer,
        body: &Value,
        count: usize,
        read: usize,
    ) -> Result<Option<Page>, Failure> {
        let more = |condition: &Option<Condition>| {
            let holds =
                condition.as_ref().map(|condition| self.holds_for("answer", body, condition)).transpose();
            holds.map_err(|error| self.unusable(&error))
        };
        let full = |size: u32| usize::try_from(size).is_ok_and(|size| count >= size);
        let current = |parameter: &Parameter| {
            page.parameters.iter().find(|(known, _)| known == parameter).map(|(_, value)| value)
        };
        Ok(match paging {
            Paging::None => None,
            Paging::Page(numbered) => {
                let number = current(&numbered.parameter).and_then(Value::as_u64);
                let number = number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
                let named = numbered.next.as_ref().map(|next| {
                    let next = at(body, &next.path)
                        .and_then(crate::template::integer)
                        .and_then(|next| next.as_u64());
                    next.and_then(|next| u32::try_from(next).ok()).filter(|next| *next > number)
                });
                let next = match (named, more(&numbered.more)?) {
                    (Some(next), more) => next.filter(|_| more != Some(false)),
                    (None, Some(more)) => more.then(|| number + 1),
                    (None, None) => full(numbered.size).then(|| number + 1),
                };
                next.map(|next| {
                    numbered_page(
                        &numbered.parameter,
                        next.into(),
                        numbered.size_parameter.as_ref(),
                        numbered.size,
                    )
                })
            }
            Paging::Offset(offset) => {
                let is_more = more(&offset.more)?.unwrap_or_else(|| full(offset.size));
                let start = u64::try_from(read).unwrap_or_default();
                is_more.then(|| {
                    numbered_page(&offset.parameter, start, offset.size_parameter.as_ref(), offset.size)
                })
            }
            Paging::Cursor(cursor) => {
                let is_new = |next: &&Value| {
                    (next.is_string() || next.is_number()) && current(&cursor.parameter) != Some(next)
                };
                let next = at(body, &cursor.next.path).filter(is_new);
                let next = if more(&cursor.more)? == Some(false) { None } else { next };
                next.map(|next| {
                    let mut page = first(paging);
                    page.parameters.insert(0, (cursor.parameter.clone(), next.clone()));
                    page
                })
            }
            Paging::Link(link) => {
                let address = match &link.next {
                    Some(pointer) => at(body, &pointer.path).and_then(Value::as_str).map(str::to_owned),
                    None => answer.header("link").and_then(next_of_header),
                };
                let Some(address) = address else { return Ok(None) };
                let address =
                    self.app.http.page(&self.origin, &address).ok_or_else(|| answer.unreadable())?;
                let is_new = page.address.as_ref() != Some(&address);
                is_new.then(|| Page { parameters: Vec::new(), address: Some(address) })
            }
        })
    }
}

fn first(paging: &Paging) -> Page {
    let sized = |parameter: &Option<Parameter>, size: Option<u32>| {
        let size = parameter.clone().zip(size.map(Value::from));
        Page { parameters: size.into_iter().collect(), address: None::<Url> }
    };
    match paging {
        Paging::None => Page::default(),
        Paging::Page(page) => {
            numbered_page(&page.parameter, page.first.into(), page.size_parameter.as_ref(), page.size)
        }
        Paging::Offset(offset) => {
            numbered_page(&offset.parameter, 0, offset.size_parameter.as_ref(), offset.size)
        }
        Paging::Cursor(cursor) => sized(&cursor.size_parameter, cursor.size),
        Paging::Link(link) => sized(&link.size_parameter, link.size),
    }
}

fn numbered_page(parameter: &Parameter, number: u64, size_parameter: Option<&Parameter>, size: u32) -> Page {
    let mut parameters = vec![(parameter.clone(), Value::from(number))];
    parameters.extend(size_parameter.map(|parameter| (parameter.clone(), Value::from(size))));
    Page { parameters, address: None }
}

/// The address with `rel="next"` in a `Link` header (RFC 8288).
fn next_of_header(value: &str) -> Option<String> {
    value.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            parameter.trim().strip_prefix("rel=").is_some_and(|rel| rel.trim_matches('"') == "next")
        });
        is_next.then(|| address.to_owned())
    })
}
