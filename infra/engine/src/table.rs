//! Tables: columns as wide as they need to be, the last one open-ended.

use std::io::{self, Write};

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

/// A table that is being written. Columns never shrink, so that rows that come later stand below those before.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    widths: [usize; N],
    header: Option<[&'static str; N]>,
}

impl<const N: usize> Table<N> {
    /// The header is written with the first rows.
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self { widths: header.map(UnicodeWidthStr::width), header: Some(header) }
    }

    /// A table without a header.
    pub(crate) fn bare() -> Self {
        Self { widths: [0; N], header: None }
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
        if let Some(header) = self.header.take() {
            self.line(&header.map(str::to_owned), out)?;
        }
        for row in &rows {
            self.line(row, out)?;
        }
        Ok(())
    }

    fn line(&self, cells: &[String; N], out: &mut impl Write) -> io::Result<()> {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(self.widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// Text as it may stand on a terminal. Names and messages come from customers and apps: what would move the cursor,
/// break the line or turn the writing around becomes a blank.
pub(crate) fn printable(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// A time as the tables have it: UTC, to the second.
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
    fn nothing_from_outside_can_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d"), "a [2Jb c d");
    }
}
