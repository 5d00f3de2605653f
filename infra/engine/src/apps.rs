//! `engine apps`: the apps, with what is needed to connect an account and to write a rule.

use std::io::{self, Write};

use domain::app::App;
use domain::manifest::{Action, Catalog, Manifest, Method};
use serde_json::json;

use crate::json;
use crate::reading::Format;
use crate::table::{Table, printable};

/// List the apps, or show what an app needs to be connected and the actions that it offers
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app's key, such as mailchimp
    app: Option<App>,
    #[command(flatten)]
    format: Format,
}

/// Lists the apps, or shows one. No deployment is required: the manifests are part of this program.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> io::Result<()> {
    let wanted = |app: &App| args.app.is_none_or(|one| one == *app);
    let found = || App::all().filter(wanted).filter_map(|app| Catalog::get().manifest(app));
    if args.format.json {
        return json::lines(found().map(|manifest| json!(manifest)), out);
    }
    if args.app.is_some() {
        return found().try_for_each(|manifest| show(manifest, out));
    }
    let rows: Vec<_> = found().map(row).collect();
    let table = Table::new(["APP", "NAME", "CONNECTED WITH", "TRIGGERS", "ACTIONS"]);
    table.cutting(&["CONNECTED WITH"]).write(&rows, out)
}

fn row(manifest: &Manifest) -> [String; 5] {
    let ways = manifest.methods.iter().map(|method| {
        let keys: Vec<_> = method.credentials.iter().map(|credential| credential.key.as_str()).collect();
        match &method.oauth {
            Some(_) => "a login".to_owned(),
            None => keys.join(" and "),
        }
    });
    [
        manifest.app.to_string(),
        manifest.label.clone(),
        ways.collect::<Vec<_>>().join(", or "),
        manifest.triggers.len().to_string(),
        manifest.actions.len().to_string(),
    ]
}

fn show(manifest: &Manifest, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: {}", manifest.label, printable(&manifest.description))?;
    for method in &manifest.methods {
        connecting(manifest, method, out)?;
    }
    writeln!(out, "\nActions")?;
    for action in &manifest.actions {
        writeln!(out, "  {} ({}): {}", action.key, action.label, printable(&action.description))?;
        settings(action, out)?;
    }
    let keys: Vec<_> = manifest.triggers.iter().map(|trigger| trigger.key()).collect();
    writeln!(out, "\nTriggers\n  {}", keys.join("\n  "))
}

fn connecting(manifest: &Manifest, method: &Method, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<_> = method
        .credentials
        .iter()
        .map(|credential| {
            let optional = if credential.optional { " Optional." } else { "" };
            [format!("  {}", credential.key), format!("{}. {}{optional}", credential.label, credential.help)]
        })
        .collect();
    writeln!(out, "\nConnect with method `{}` ({})", method.key, method.label)?;
    if !method.help.is_empty() {
        writeln!(out, "  {}", printable(&method.help))?;
    }
    Table::bare().write(&rows, out)?;
    let set: Vec<_> = method.credentials.iter().map(|one| format!(" --set {}=…", one.key)).collect();
    let set = set.concat();
    let (app, key) = (manifest.app, &method.key);
    match &method.oauth {
        Some(_) => writeln!(out, "  engine login {app} --label … --method {key}{set} --redirect-uri …"),
        None => writeln!(out, "  engine connect {app} --label … --method {key}{set}"),
    }
}

fn settings(action: &Action, out: &mut impl Write) -> io::Result<()> {
    let row = |setting: &domain::manifest::Setting| {
        let required = if setting.required { ", required" } else { "" };
        [format!("    {}", setting.key), format!("{}{required}", setting.label)]
    };
    Table::bare().write(&action.settings.iter().map(row).collect::<Vec<_>>(), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(app: Option<App>, json: bool) -> String {
        let mut out = Vec::new();
        run(&Args { app, format: Format { json } }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_app_is_shown_with_the_command_that_connects_it() {
        let text = printed(Some(App::MAILCHIMP), false);
        assert!(
            text.contains("engine connect mailchimp --label … --method api_key --set api_key=…"),
            "{text}"
        );
        assert!(text.contains("engine login mailchimp --label … --method oauth"), "{text}");
        assert!(text.contains("add_to_list (Add To List)") && text.contains("list_id"), "{text}");
        assert!(text.contains("\n  product_purchased\n"), "{text}");
    }

    #[test]
    fn every_app_is_listed() {
        assert_eq!(printed(None, false).lines().count(), App::all().len() + 1);
        assert_eq!(printed(None, true).lines().count(), App::all().len());
    }
}
