//! The terminal: its width, confirmations, and progress.

use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// The reason why a command is not confirmed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfirmError {
    /// Standard input is not a terminal.
    #[error("nothing was done: the command requires confirmation, and there is no terminal; give --yes")]
    NoTerminal,
    /// The answer was not yes.
    #[error("nothing was done")]
    Declined,
    /// Standard input is closed.
    #[error("the answer cannot be read")]
    Input(#[from] io::Error),
}

/// The width of the terminal that standard output is connected to. `None`: it is a file or a pipe.
pub(crate) fn width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into())
}

/// Whether a person can be asked.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line. A secret is not shown while it is typed.
pub(crate) fn ask(question: &str, secret: bool) -> io::Result<String> {
    write!(io::stderr(), "{question}: ")?;
    let input = io::stdin();
    let shown = tcgetattr(&input)?;
    if secret {
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Flush, &hidden)?;
    }
    let mut answer = String::new();
    let read = input.lock().read_line(&mut answer);
    if secret {
        tcsetattr(&input, OptionalActions::Now, &shown)?;
        writeln!(io::stderr())?;
    }
    read?;
    Ok(answer.trim().to_owned())
}

/// Asks for confirmation of an operation that cannot be undone, unless `yes` is set.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), ConfirmError> {
    if yes {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() || !io::stderr().is_terminal() {
        return Err(ConfirmError::NoTerminal);
    }
    write!(io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(ConfirmError::Declined),
    }
}

/// A line on standard error that shows the progress. It is shown only on a terminal, and removed at the end.
#[derive(Debug)]
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    /// Shows the current operation.
    pub(crate) fn start(text: &str) -> Self {
        let progress = Self { is_shown: io::stderr().is_terminal() };
        progress.show(text);
        progress
    }

    /// Shows the current progress.
    pub(crate) fn show(&self, text: &str) {
        self.write(&format!("\r\u{1b}[K{text} …"));
    }

    fn write(&self, text: &str) {
        if self.is_shown {
            // An error means that no terminal shows it.
            drop(io::stderr().write_all(text.as_bytes()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.write("\r\u{1b}[K");
    }
}
