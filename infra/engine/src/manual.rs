//! `engine completions` and `engine man`: shell completions and man pages.

use std::io::{self, Write};
use std::path::PathBuf;

use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Write the man pages, one for each command
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder, such as ~/.local/share/man/man1
    folder: PathBuf,
}

/// The reason why the man pages are not written.
#[derive(Debug, thiserror::Error)]
#[error("the man pages cannot be written to {folder}")]
pub(crate) struct ManError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

/// Prints the completions.
pub(crate) fn completions(
    args: &CompletionsArgs,
    mut command: clap::Command,
    out: &mut impl Write,
) -> io::Result<()> {
    // The generator panics if it cannot write.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "engine", &mut text);
    out.write_all(&text)
}

/// Writes the pages.
pub(crate) fn man(args: ManArgs, command: clap::Command) -> Result<(), ManError> {
    let folder = args.folder;
    let written = std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(command, &folder));
    written.map_err(|source| ManError { folder, source })
}
