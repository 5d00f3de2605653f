//! The terminal: how wide it is, what is asked at it, and progress on it.

use std::io::{self, BufRead, IsTerminal, Write};

/// A question that was not answered with yes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfirmError {
    /// Nobody can be asked.
    #[error("nothing was done: the command asks for confirmation, and there is no terminal; give --yes")]
    NoTerminal,
    /// The answer was another.
    #[error("nothing was done")]
    Declined,
    /// The terminal is gone.
    #[error("the answer cannot be read")]
    Input(#[from] io::Error),
}

/// The columns of the terminal that standard output is; `None`: it is a file or a pipe.
pub(crate) fn width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into())
}

/// Asks before something that cannot be undone, unless `yes` was said beforehand.
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

/// A line on standard error that says what takes long. It is shown on a terminal only, and goes away at the end.
#[derive(Debug)]
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    /// Shows what is being done.
    pub(crate) fn start(text: &str) -> Self {
        let progress = Self { is_shown: io::stderr().is_terminal() };
        progress.show(text);
        progress
    }

    /// Shows how far it is.
    pub(crate) fn show(&self, text: &str) {
        self.write(&format!("\r\u{1b}[K{text} …"));
    }

    fn write(&self, text: &str) {
        if self.is_shown {
            // Where nobody can see it, nothing is lost.
            drop(io::stderr().write_all(text.as_bytes()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.write("\r\u{1b}[K");
    }
}
