//! `engine app`: the definitions of apps that are data.

mod conformance;
mod examples;
mod trial;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use declared::definition::{Definition, InvalidDefinition};
use declared::{file, lint};
use domain::manifest::{Catalog, InvalidCatalog};
use runtime::config;

use crate::input::{self, InputError};

/// The folder with the operator's own definitions, in the project's folder.
const OWN: &str = "infra/apps";

const SKELETON: &str = include_str!("app/skeleton.yaml");

/// Writes and checks the definitions of apps that are data
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a definition: fields, names, doubts; then perform its actions against a stand-in made from its examples, with every kind of failure
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Perform an action with the app itself, and show each request and answer without credentials
    Try(Box<trial::Args>),
    /// Print the skeleton of a definition, with comments
    New {
        /// The app's key: lower-case letters and digits
        app: String,
    },
    /// Print definitions as the JSON that functions read; the build packs it beside each binary
    Pack {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// The reason why a definition is not usable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    #[error(transparent)]
    Unreadable(#[from] InputError),
    #[error("{} is not a valid definition:\n{error}", file.display())]
    Invalid { file: PathBuf, error: InvalidDefinition },
    #[error("{} defines `{app}`: name it {app}.yaml", file.display())]
    Name { file: PathBuf, app: &'static str },
    #[error("{}: examples: {error}", file.display())]
    Examples { file: PathBuf, error: String },
    #[error("{} does not do what it must:\n{}", file.display(), failed.join("\n"))]
    Failed { file: PathBuf, failed: Vec<String> },
    #[error("{why}")]
    Trial { why: String },
    #[error(transparent)]
    Catalog(#[from] InvalidCatalog),
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Runs a command. No deployment is required.
pub(crate) async fn run(command: Command, out: &mut impl Write) -> Result<(), AppError> {
    match command {
        Command::Check { files } => {
            for file in files {
                check(&file, out).await?;
            }
        }
        Command::Try(args) => {
            let read = read(&args.file)?;
            let examples = read.examples(&args.file)?;
            trial::run(&args, &read.definition, examples, out).await?;
        }
        Command::New { app } => writeln!(out, "{}", skeleton(&app))?,
        Command::Pack { files } => {
            let packed = pack(&files)?;
            // A key that is used twice is found here, not by a function.
            Catalog::with(&packed)?;
            writeln!(out, "{packed}")?;
        }
    }
    Ok(())
}

/// The skeleton of an app's definition.
fn skeleton(app: &str) -> String {
    let capital = |text: &str| text[..1].to_uppercase() + &text[1..];
    let label = if app.is_ascii() && !app.is_empty() { capital(app) } else { app.to_owned() };
    let initials: String = label.chars().take(2).collect();
    let filled = SKELETON.replace("{app}", app).replace("{label}", &label).replace("{initials}", &initials);
    filled.trim_end().to_owned()
}

async fn check(file: &Path, out: &mut impl Write) -> Result<(), AppError> {
    let read = read(file)?;
    let definition = &read.definition;
    for doubt in file::located(&read.text, lint::lints(definition)) {
        writeln!(out, "doubt: {doubt}")?;
    }
    let wrong = |error: String| AppError::Examples { file: file.to_owned(), error };
    let manifest = &definition.manifest;
    let label = &manifest.label;
    let Some(examples) = read.examples(file)? else {
        writeln!(out, "{}: {label} is valid. It has no examples, so nothing was performed.", file.display())?;
        return Ok(());
    };
    let failed = conformance::run(definition, &examples).await.map_err(wrong)?;
    if !failed.is_empty() {
        return Err(AppError::Failed { file: file.to_owned(), failed });
    }
    let actions = manifest.actions.len();
    writeln!(out, "{}: {label} is valid, and its {actions} actions do what they must.", file.display())?;
    Ok(())
}

/// Adds the operator's own apps to the catalog: those of `ENGINE_APPS`, or of the project's folder.
pub(crate) fn own() -> Result<(), AppError> {
    let folder = config::optional("ENGINE_APPS").map_or_else(|| PathBuf::from(OWN), PathBuf::from);
    let Ok(files) = fs::read_dir(folder) else { return Ok(()) };
    let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    Ok(Catalog::install(&pack(&files)?)?)
}

fn pack(files: &[PathBuf]) -> Result<String, AppError> {
    let mut definitions = Vec::new();
    for path in files {
        definitions.push(read(path)?.json);
    }
    Ok(format!("[{}]", definitions.join(",")))
}

/// A definition, and its file as text and as JSON.
struct Read {
    definition: Definition,
    text: String,
    json: String,
}

fn read(path: &Path) -> Result<Read, AppError> {
    let text = input::file(path)?;
    let (definition, json) =
        file::read(&text).map_err(|error| AppError::Invalid { file: path.to_owned(), error })?;
    let app = definition.manifest.app.key();
    if path.file_stem().is_none_or(|stem| stem != app) {
        return Err(AppError::Name { file: path.to_owned(), app });
    }
    Ok(Read { definition, text, json })
}

impl Read {
    fn examples(&self, file: &Path) -> Result<Option<sandbox::Examples>, AppError> {
        let read = examples::read(&self.definition, &self.text, &self.json);
        read.map_err(|error| AppError::Invalid { file: file.to_owned(), error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a definition, and checks it. Returns what the command printed, or its error.
    async fn checked(text: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bakery.yaml");
        fs::write(&file, text).unwrap();
        let mut out = Vec::new();
        let result = run(Command::Check { files: vec![file] }, &mut out).await;
        result.map(|()| String::from_utf8(out).unwrap()).map_err(|error| error.to_string())
    }

    fn example() -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions/connectors/README.md");
        let text = fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once("```yaml\n").unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    }

    #[tokio::test]
    async fn the_example_of_the_documentation_does_what_it_must() {
        let said = checked(&example()).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(said.ends_with("Bakery is valid, and its 3 actions do what they must.\n"), "{said}");
        assert!(!said.contains("doubt"), "{said}");
    }

    #[tokio::test]
    async fn every_app_of_this_project_does_what_it_must() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions/connectors/declared/apps");
        let mut checks = tokio::task::JoinSet::new();
        for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            checks
                .spawn(async move { check(&file, &mut Vec::new()).await.map_err(|error| error.to_string()) });
        }
        let checked = checks.join_all().await;
        assert!(!checked.is_empty());
        assert_eq!(checked.into_iter().filter_map(Result::err).collect::<Vec<_>>(), [] as [String; 0]);
    }

    #[tokio::test]
    async fn a_definition_that_misbehaves_is_told_where_and_how() {
        for (name, broken, with, told) in [
            (
                "success",
                "- { status: 200, at: /error/code, is: no_such_list, then: gone, what: list }",
                "- { status: 200, at: /error/code, is: no_such_list, then: done }",
                "add_to_list with an unknown target must be rejected, but: done",
            ),
            (
                "refused",
                "- { status: 401, bare: true, then: reconnect, reason: Bakery refused the login, hint: Connect the account again. }",
                "- { status: 401, then: rejected }",
                "add_to_list with 401 at request 1 must need a new connection, but: rejected",
            ),
            ("page", "sold_at:", "_:", ""),
            (
                "any",
                "          success: /ok\n",
                "",
                "record_sale with 200 with an empty body at request 1 must not succeed, but: done",
            ),
            (
                "status",
                "people, \"{person_id}\"], success: 204 }",
                "people, \"{person_id}\"] }",
                "add_to_list with 200 with an empty object at request 3 must not succeed, but: done",
            ),
            (
                "test",
                "capture: { name: /shop/name }",
                "capture: { name: \"/shop/name?\" }",
                "identify with 200 with an empty body at request 1 must not succeed, but: done",
            ),
            (
                "undo",
                "- request: { method: DELETE,",
                "- request: { method: PUT,",
                "remove_from_list: does not undo add_to_list",
            ),
        ] {
            let text = example();
            assert!(text.contains(broken), "{broken}");
            match checked(&text.replace(broken, with)).await {
                Ok(said) => assert!(told.is_empty(), "{name}: {said}"),
                Err(error) => assert!(!told.is_empty() && error.contains(told), "{name}: {error}"),
            }
        }
    }

    #[tokio::test]
    async fn a_definition_that_is_not_valid_is_told_its_place() {
        for (name, broken, with, told) in [
            ("field", "  origin:", "  orgin:", "orgin"),
            (
                "name",
                "{line.product_id}",
                "{line.produkt}",
                "record_sale[0].request.json.product: `line.produkt` does not exist",
            ),
            (
                "secret",
                "product: \"{line.product_id}\"",
                "product: \"{credential.access_token}\"",
                "only be in `auth`",
            ),
            (
                "end",
                "          repeatable: The id is the job's.\n      - done:",
                "",
                "record_sale: ends without an outcome",
            ),
            (
                "opposite",
                "undo: { key: remove_from_list, label: Remove from List, description: Removes the contact from a list. }",
                "opposite: record_sale",
                "are not opposites",
            ),
            (
                "target",
                "target: [list_id]",
                "target: [list]",
                "has the target `list`, which is no setting of it",
            ),
            ("yaml", "call:", "call: [", "line "),
        ] {
            let text = example();
            assert!(text.contains(broken), "{broken}");
            let error = checked(&text.replace(broken, with)).await.unwrap_err();
            assert!(error.contains(told), "{name}: {error}");
        }
    }

    #[tokio::test]
    async fn a_clumsy_file_is_told_its_line_its_value_and_the_correction() {
        for (broken, with, told) in [
            (
                "category: email",
                "categori: email",
                "line 4: categori: the field `categori` does not exist; the fields are: `app`,",
            ),
            (
                "category: email_marketing",
                "category: mail",
                "line 4: category: `mail` is not one of: `email_marketing`,",
            ),
            ("initials: Ba", "initials: Bakery", "line 5: mark.initials: `Bakery` is not one or two letters"),
            (
                "label: Bakery\n",
                "label: 7\n",
                "line 2: label: must be a text, not the number `7`: put it in quotes",
            ),
            (
                "{1,40}$",
                "{1,40}\\\\p{L}$",
                "line 15: methods[0].credentials.shop.pattern: `^[a-z0-9-]{1,40}\\p{L}$` has `\\p…`",
            ),
            (
                "key: lists, label: Lists",
                "key: lists",
                "line 35: option_lists[0]: the field `label` is missing",
            ),
            (
                "{line.product_id}",
                "{line.produkt}",
                "line 123: call.actions.record_sale[0].request.json.product: `line.produkt` does not",
            ),
            (
                "query: { email: \"{contact.email}\" }",
                "query: { email: \"{contact.mail}\" }",
                "line 82: call.blocks.find_or_create[0].find.request.query.email: `contact.mail` does not exist",
            ),
            (
                "shop: my-shop,",
                "shopp: my-shop,",
                "line 133: examples.credentials.shopp: `shopp` is no credential; the credentials are: access_token, api_key, shop",
            ),
            (
                "shop: my-shop, ",
                "",
                "line 133: examples.credentials: needs the credentials of one method, such as: shop, access_token",
            ),
            (
                "refuses: [",
                "refuse: [",
                "line 134: examples.auth.refuse: the field `refuse` does not exist; the fields are: `header`,",
            ),
            (
                "request: GET /api/v1/shop",
                "request: GET api/v1/shop",
                "line 136: examples.answers[0].request: `GET api/v1/shop` is not a method and a path, such as POST /v1/people",
            ),
            (
                "    add_to_list: { settings",
                "    add_to: { settings",
                "line 152: examples.actions.add_to: `add_to` is no action; the actions are: add_to_list,",
            ),
            (
                "settings: { list_id: l1 }",
                "settings: {}",
                "line 152: examples.actions.add_to_list: needs a value for the setting `list_id`",
            ),
        ] {
            let text = example();
            assert!(text.contains(broken), "{broken}");
            let error = checked(&text.replacen(broken, with, 1)).await.unwrap_err();
            let (file, problems) = error.split_once('\n').unwrap();
            assert!(file.ends_with("bakery.yaml is not a valid definition:"), "{file}");
            assert!(problems.lines().any(|line| line.starts_with(told)), "{told}\n{problems}");
        }
    }

    #[tokio::test]
    async fn a_file_of_another_kind_or_name_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bakery.yaml");
        for (bytes, told) in [
            (&b"label: Caf\xe9"[..], "bakery.yaml is not written in UTF-8: save it in that encoding"),
            (b"", "bakery.yaml is empty"),
            (b"[]", "file: must be an object, not a list"),
        ] {
            fs::write(&file, bytes).unwrap();
            let result = run(Command::Check { files: vec![file.clone()] }, &mut Vec::new()).await;
            let error = result.unwrap_err().to_string();
            assert!(error.ends_with(told), "{told}\n{error}");
        }
        let other = folder.path().join("baker.yaml");
        fs::write(&other, example()).unwrap();
        let error = run(Command::Check { files: vec![other] }, &mut Vec::new()).await.unwrap_err();
        assert!(error.to_string().ends_with("baker.yaml defines `bakery`: name it bakery.yaml"), "{error}");
        let marked = ["\u{feff}".to_owned(), example()].concat();
        assert!(checked(&marked).await.is_ok(), "a byte order mark is no part of the text");
    }

    #[tokio::test]
    async fn the_skeleton_does_what_it_must() {
        let mut out = Vec::new();
        run(Command::New { app: "bakery".to_owned() }, &mut out).await.unwrap();
        let said = checked(&String::from_utf8(out).unwrap()).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(said.ends_with("its 2 actions do what they must.\n") && !said.contains("doubt"), "{said}");
    }

    /// Tries the example with its stand-in.
    async fn tried(arguments: &[&str]) -> Result<String, String> {
        #[derive(clap::Parser)]
        struct Line {
            #[command(subcommand)]
            command: Command,
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bakery.yaml");
        fs::write(&file, example()).unwrap();
        let line = ["app", "try", file.to_str().unwrap(), "--stand-in"];
        let line = <Line as clap::Parser>::try_parse_from(line.iter().chain(arguments)).unwrap();
        let mut out = Vec::new();
        let result = run(line.command, &mut out).await;
        result.map(|()| String::from_utf8(out).unwrap()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn an_action_is_tried_and_shown_without_credentials() {
        let action = ["--action", "add_to_list", "--email", "own@example.com", "--set", "list_id=l1"];
        let said = tried(&action).await.unwrap_or_else(|error| panic!("{error}"));
        for told in [
            "/bakery/api/v1/shop\n  authorization: [hidden]\n",
            "=> 200 {\"shop\":{\"name\":\"My Shop\"}}\n\nConnected to My Shop.\n",
            "/bakery/api/v1/people?email=own%40example.com\n",
            "  {\"email\":\"own@example.com\",\"name\":{\"first\":\"Ada\",\"last\":\"Lovelace\"}}\n=> 200 {\"person\":{\"id\":\"p1\"}}\n",
            "=> 204 \"\"\n\nadd_to_list: done: Bakery had no such person, so one was created.\n",
        ] {
            assert!(said.contains(told), "{told}\n{said}");
        }
        assert!(!said.contains("example-token"), "{said}");
    }

    #[tokio::test]
    async fn a_trial_that_cannot_begin_says_what_is_missing() {
        let on = |setting: &'static str| {
            ["--action", "add_to_list", "--email", "own@example.com", "--set", setting]
        };
        for (name, arguments, told) in [
            ("unknown", on("list=l1"), "`list` is no setting; the settings are: list_id"),
            (
                "action",
                ["--action", "add", "--email", "own@example.com", "--set", "list_id=l1"],
                "--action is one of: add_to_list",
            ),
            ("email", ["--action", "add_to_list", "--email", "own", "--set", "list_id=l1"], "--email: "),
        ] {
            let error = tried(&arguments).await.unwrap_err();
            assert!(error.contains(told), "{name}: {error}");
        }
        let error = tried(&["--action", "add_to_list", "--email", "own@example.com"]).await.unwrap_err();
        assert_eq!(error, "`list_id` (List) is required: --set list_id=…");
    }

    #[tokio::test]
    async fn doubts_are_told_and_do_not_fail() {
        for (broken, with, told) in [
            (
                "          repeatable: The id is the job's.\n",
                "",
                "doubt: call.actions.record_sale[0].request: creates something without a guard",
            ),
            (
                "    - { status: 401, bare: true,",
                "    - { status: 2xx, bare: true, case: unclear }\n    - { status: 401, bare: true,",
                "doubt: call.answers: a row takes any answer with a 2xx",
            ),
            (
                "    effect: { kind: message, per: line }",
                "    requires: [add_to_list]\n    effect: { kind: message, per: line }",
                "doubt: actions.record_sale.description: merchants read here what `requires` names: end it with `add a rule with Add \
                 to List for the same trigger.`",
            ),
        ] {
            let text = example();
            assert!(text.contains(broken), "{broken}");
            let (definition, _) = file::read(&text.replace(broken, with)).unwrap();
            let doubts: Vec<String> =
                lint::lints(&definition).iter().map(|one| format!("doubt: {one}")).collect();
            assert!(doubts.iter().any(|doubt| doubt.starts_with(told)), "{doubts:?}");
        }
        let text = example().replace("          repeatable: The id is the job's.\n", "");
        let said = checked(&text).await.unwrap();
        let told = "doubt: line 117: call.actions.record_sale[0].request: creates something";
        assert!(said.starts_with(told), "{said}");
    }
}
