//! The parser of templates. `{{` and `}}` are braces of the text.

use super::filter::{Argument, Filter};
use super::{Expression, Part, Path, Template};

/// The most placeholders of a template.
const MOST_PLACEHOLDERS: usize = 32;
/// The most filters of a placeholder.
const MOST_FILTERS: usize = 8;
/// The most names of a path.
const MOST_NAMES: usize = 8;

pub(super) fn template(text: &str) -> Result<Template, String> {
    let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(format!("`}}` without `{{` in `{text}`; write `}}}}` for a brace"));
        }
        let end = rest.find(['{', '}']).filter(|end| rest[*end..].starts_with('}'));
        let end = end.ok_or_else(|| format!("`{{` without `}}` in `{text}`; write `{{{{` for a brace"))?;
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Value(expression(&rest[..end])?));
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    if parts.len() > 2 * MOST_PLACEHOLDERS {
        return Err(format!("a template has at most {MOST_PLACEHOLDERS} placeholders"));
    }
    Ok(Template { parts })
}

fn expression(text: &str) -> Result<Expression, String> {
    let mut steps = split(text).into_iter();
    let path = path(steps.next().unwrap_or_default().trim())?;
    let filters = steps.map(|step| filter(step.trim())).collect::<Result<Vec<_>, _>>()?;
    if filters.len() > MOST_FILTERS {
        return Err(format!("`{{{text}}}` has more than {MOST_FILTERS} filters"));
    }
    Ok(Expression { path, filters })
}

/// Splits at `|`, except within quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut steps, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '|' if !quoted => {
                steps.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    steps.push(&text[start..]);
    steps
}

pub(super) fn path(text: &str) -> Result<Path, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
    };
    let names: Vec<&str> = text.split('.').collect();
    if names.len() > MOST_NAMES || !names.iter().all(|name| is_name(name)) {
        return Err(format!(
            "`{text}` is not the path of a value: 1 to {MOST_NAMES} names of letters, digits, `_` and `-`, joined by `.`"
        ));
    }
    let rest = names[1..].iter().map(|name| (*name).to_owned()).collect();
    Ok(Path { root: names[0].to_owned(), rest })
}

fn filter(text: &str) -> Result<Filter, String> {
    let (name, argument) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let inner = rest.strip_suffix(')').ok_or_else(|| format!("`{text}` has no `)`"))?;
            (name.trim(), Some(argument(inner.trim())?))
        }
    };
    Filter::named(name, argument).map_err(|why| format!("`{text}`: {why}"))
}

fn argument(text: &str) -> Result<Argument, String> {
    if let Some(inner) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        if inner.contains('\'') {
            return Err(format!("`{text}` has a quote within its quotes"));
        }
        return Ok(Argument::Text(inner.to_owned()));
    }
    if let Ok(number) = text.parse() {
        return Ok(Argument::Number(number));
    }
    path(text).map(Argument::Path)
}
