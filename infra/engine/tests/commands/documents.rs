//! Tests of the commands and links in the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{engine, folder, project};

/// The documents that show commands.
const SHOW_COMMANDS: [&str; 4] = ["README.md", "infra/", "functions/", "events/"];
/// Folders without documents.
const SKIPPED: [&str; 4] = ["target", ".git", ".local", "node_modules"];
const EVENT: &str = "evt_000000000000000000000000000000000000000000";
const JOB: &str = "job_0000000000000000000000000000000000000000000000000000000000";

#[test]
fn every_command_line_of_the_documents_is_accepted() {
    let here = folder("documents");
    let mut shown = BTreeSet::new();
    for (path, text) in documents() {
        if !SHOW_COMMANDS.iter().any(|start| path.starts_with(start)) {
            continue;
        }
        for line in text.lines().filter_map(command) {
            let args = words(line);
            // The outputs file does not exist, so an accepted command fails before it makes a request.
            let run = engine(&here, &args);
            let said = String::from_utf8_lossy(&run.stderr);
            assert_ne!(run.status.code(), Some(2), "{path}: engine {line}\n{said}");
            shown.insert(line.to_owned());
        }
        for span in spans(&text).iter().filter_map(|span| span.strip_prefix("engine ")) {
            let args: Vec<_> =
                words(span).into_iter().filter(|word| word != "…").chain(["--help".to_owned()]).collect();
            let run = engine(&here, &args);
            assert!(
                run.status.success(),
                "{path}: `engine {span}`\n{}",
                String::from_utf8_lossy(&run.stderr)
            );
        }
    }
    assert!(shown.len() >= 40, "only {} commands are found: {shown:#?}", shown.len());
}

#[test]
fn every_link_of_the_documents_leads_to_a_file_and_a_heading() {
    let documents = documents();
    let headings: BTreeMap<_, _> =
        documents.iter().map(|(path, text)| (path.as_str(), anchors(text))).collect();
    let (mut broken, mut looked_at) = (Vec::new(), 0);
    for (path, text) in &documents {
        for link in links(text) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { resolved(path, file) };
            let is_there = project().join(&target).exists();
            let has_anchor = || headings.get(target.as_str()).is_some_and(|found| found.contains(anchor));
            if !is_there || (!anchor.is_empty() && !has_anchor()) {
                broken.push(format!("{path}: {link}"));
            }
            looked_at += 1;
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(looked_at > 100, "only {looked_at} links are found");
}

#[test]
fn links_and_headings_are_read_as_github_reads_them() {
    let text = "# `a/b`: *One*, two_three\n\n```\n# none [x](none)\n```\n## One\n## One\n\
        see [this](a.md#one) and\n[that page](b/) or [out](https://example.com), `[no](x.md)`\n";
    assert_eq!(anchors(text), ["ab-one-two_three", "one", "one-1"].map(str::to_owned).into());
    assert_eq!(links(text), ["a.md#one", "b/"]);
    assert_eq!(resolved("infra/engine/README.md", "../README.md"), "infra/README.md");
}

/// Every document of the repository, by its path.
fn documents() -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(project().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
            let is_skipped = SKIPPED.iter().any(|skipped| name == *skipped);
            if entry.file_type().unwrap().is_dir() && !is_skipped {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push((path.to_str().unwrap().to_owned(), fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found
}

/// The arguments of `engine` in a line of a listing, without the comment at its end.
fn command(line: &str) -> Option<&str> {
    let line = line.strip_prefix("    ").unwrap_or(line).trim_start_matches("target/debug/");
    let given = line.strip_prefix("engine ")?;
    Some(given.split(" #").next().unwrap_or(given).trim())
}

/// Splits a command into words as a shell does; abbreviated ids are completed.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            (None, '<' | '>' | '|') if word.is_empty() => return words,
            _ => word.push(c),
        }
    }
    words.push(word);
    let whole = |word: String| match word.strip_suffix('…') {
        Some(cut) if cut.starts_with("evt_") => EVENT.to_owned(),
        Some(cut) if cut.starts_with("job_") => JOB.to_owned(),
        Some(_) | None => word,
    };
    words.into_iter().filter(|word| !word.is_empty()).map(whole).collect()
}

/// The lines of a document outside its listings.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence && !line.starts_with("    ")
    })
}

/// The texts between backticks.
fn spans(text: &str) -> Vec<String> {
    let prose: Vec<_> = prose(text).collect();
    let prose = prose.join(" ");
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The targets of a document's links within the repository.
fn links(text: &str) -> Vec<String> {
    let prose: Vec<_> = prose(text).collect();
    // Code is removed, because a link in code is not a link.
    let prose: Vec<_> = prose.join("\n").split('`').map(str::to_owned).collect();
    let prose: String =
        prose.iter().enumerate().map(|(n, part)| if n % 2 == 0 { part } else { "code" }).collect();
    let found = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    found.filter(|link| !link.contains("://") && !link.starts_with("mailto:")).map(str::to_owned).collect()
}

/// The anchors of a document's headings: lower case, hyphens for blanks, no other punctuation; a number is appended to
/// repetitions.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = prose(text)
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    headings
        .map(|heading| {
            let kept = heading.trim().to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let before = seen.entry(anchor.clone()).or_default();
            *before += 1;
            if *before == 1 { anchor } else { format!("{anchor}-{}", *before - 1) }
        })
        .collect()
}

/// The path of a link's target.
fn resolved(document: &str, link: &str) -> String {
    let mut path: Vec<_> =
        Path::new(document).parent().unwrap().iter().map(|part| part.to_str().unwrap()).collect();
    for part in link.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            path.pop().unwrap_or_else(|| panic!("{document}: {link} leads out of the repository"));
        } else {
            path.push(part);
        }
    }
    path.join("/")
}
