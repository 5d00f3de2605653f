//! CSV (RFC 4180).

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Csv(String);

impl Csv {
    /// Starts a table with a row of the column names.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut csv = Self(String::new());
        csv.row(columns);
        csv
    }

    /// Appends a row.
    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        let cells: Vec<_> = cells.iter().map(|text| cell(text.as_ref())).collect();
        self.0.push_str(&cells.join(","));
        self.0.push_str("\r\n");
    }
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")], self.0).into_response()
    }
}

/// A spreadsheet reads a cell as a formula if it begins with one of these characters. A formula can send other cells to
/// a server.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Quotes a cell. With an apostrophe before it, a spreadsheet reads a formula as text.
fn cell(text: &str) -> String {
    let first = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()).chars().next();
    let guard = if first.is_some_and(|first| FORMULA.contains(&first)) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_and_never_a_formula() {
        for (text, written) in [
            ("", r#""""#),
            ("ada@example.com", r#""ada@example.com""#),
            ("a \"quoted\", text\nof two lines", "\"a \"\"quoted\"\", text\nof two lines\""),
            ("=1+1", r#""'=1+1""#),
            ("+ada@example.com", r#""'+ada@example.com""#),
            ("-1", r#""'-1""#),
            ("@SUM(A1)", r#""'@SUM(A1)""#),
            ("\t =1", "\"'\t =1\""),
            ("\u{0}=1", "\"'\u{0}=1\""),
            ("＝1", r#""'＝1""#),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn a_row_ends_as_the_standard_says() {
        let mut csv = Csv::new(&["id", "text"]);
        csv.row(&["1", "a,b"]);
        assert_eq!(csv.0, "\"id\",\"text\"\r\n\"1\",\"a,b\"\r\n");
    }
}
