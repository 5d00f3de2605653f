//! Tables: columns as wide as their content, within the width of the terminal.

use std::io::{self, Write};

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal;

/// The minimum width to which a text column is truncated.
const NARROWEST: usize = 6;
/// The number of blanks between two columns.
const GAP: usize = 2;

/// A table under construction. Columns never shrink, so that later rows align with earlier ones.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    widths: [usize; N],
    header: Option<[&'static str; N]>,
    cut: [bool; N],
    within: Option<usize>,
}

impl<const N: usize> Table<N> {
    /// Creates a table whose header is written with the first rows.
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        let widths = header.map(UnicodeWidthStr::width);
        Self { widths, header: Some(header), cut: [false; N], within: terminal::width() }
    }

    /// Creates a table without a header.
    pub(crate) fn bare() -> Self {
        Self { header: None, ..Self::new([""; N]) }
    }

    /// The columns to truncate, widest first, if a row is wider than the terminal. Ids and times are not truncated,
    /// because a part of them is of no use.
    pub(crate) fn cutting(mut self, columns: &[&str]) -> Self {
        if let Some(header) = self.header {
            self.cut = header.map(|name| columns.contains(&name));
        }
        self
    }

    /// Writes rows.
    pub(crate) fn write(&mut self, rows: &[[String; N]], out: &mut impl Write) -> io::Result<()> {
        let rows: Vec<[String; N]> =
            rows.iter().map(|row| std::array::from_fn(|column| printable(&row[column]))).collect();
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        self.fit();
        if let Some(header) = self.header.take() {
            self.line(&header.map(str::to_owned), out)?;
        }
        for row in &rows {
            self.line(row, out)?;
        }
        Ok(())
    }

    /// Narrows the widest columns of text until a row fits.
    fn fit(&mut self) {
        let Some(within) = self.within else { return };
        let needed = self.widths.iter().sum::<usize>() + GAP * N.saturating_sub(1);
        for _ in within..needed {
            let widest = (0..N).filter(|column| self.cut[*column] && self.widths[*column] > NARROWEST);
            let Some(widest) = widest.max_by_key(|column| self.widths[*column]) else { return };
            self.widths[widest] -= 1;
        }
    }

    fn line(&self, cells: &[String; N], out: &mut impl Write) -> io::Result<()> {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(self.widths).enumerate() {
            let cell = if self.cut[column] { cut(cell, width) } else { cell.clone() };
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', (width + GAP).saturating_sub(cell.width())));
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// Truncates text to a number of terminal columns, with an ellipsis in place of the rest.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let kept = text.chars().take_while(|c| {
        let wide = c.width().unwrap_or_default();
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    });
    kept.collect::<String>() + "…"
}

/// Makes text safe for a terminal. Names and messages come from customers and apps: characters that move the cursor,
/// break the line or change the writing direction are replaced by blanks.
pub(crate) fn printable(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// Formats a time for the tables: UTC, to the second.
pub(crate) fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<const N: usize>(table: &mut Table<N>, rows: &[[&str; N]]) -> String {
        let rows: Vec<_> = rows.iter().map(|row| row.map(str::to_owned)).collect();
        let mut out = Vec::new();
        table.write(&rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        let mut table = Table::new(["ID", "NAME", "NOTE"]);
        let text = written(&mut table, &[["1", "Łucja", ""], ["22", "佐藤 花子", "an open end"]]);
        assert_eq!(text, "ID  NAME       NOTE\n1   Łucja\n22  佐藤 花子  an open end\n");
    }

    #[test]
    fn rows_that_come_later_keep_the_columns() {
        let mut table = Table::new(["A", "B"]);
        written(&mut table, &[["wide cell", "x"]]);
        assert_eq!(written(&mut table, &[["n", "y"]]), "n          y\n");
    }

    #[test]
    fn on_a_terminal_the_widest_text_is_cut_and_an_id_never_is() {
        let row = ["job_0123456789", "佐藤 花子様", "The app refuses the credentials."];
        let table =
            |within| Table { within, ..Table::new(["ID", "NAME", "REASON"]) }.cutting(&["NAME", "REASON"]);
        let whole = written(&mut table(None), &[row]);
        assert!(
            whole.ends_with("job_0123456789  佐藤 花子様  The app refuses the credentials.\n"),
            "{whole}"
        );
        let cut = written(&mut table(Some(36)), &[row]);
        assert!(cut.ends_with("job_0123456789  佐藤 花…   The app …\n"), "{cut}");
        assert!(cut.lines().all(|line| line.width() <= 36), "{cut}");
        let narrow = written(&mut table(Some(10)), &[row]);
        assert!(narrow.ends_with("job_0123456789  佐藤 …  The a…\n"), "{narrow}");
    }

    #[test]
    fn nothing_from_outside_can_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d"), "a [2Jb c d");
    }
}
