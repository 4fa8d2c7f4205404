//! CSV that Excel opens rightly: UTF-8 with a byte order mark, and no cell that a spreadsheet would run as a formula.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// Says that the text is UTF-8; without it Excel shows Vietnamese as rubbish.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text, which somebody may have typed.
    Text(String),
    /// A number of ours.
    Number(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(holds: bool) -> Self {
        Self::Number(i64::from(holds))
    }
}

impl Cell {
    /// The text of the cell. One that begins as a formula does gets an apostrophe in front: names are typed by people.
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Text(text) => text.clone(),
        }
    }
}

/// A table with a line of headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name of the file, without its ending.
    pub name: String,
    /// What the columns are.
    pub headings: Vec<&'static str>,
    /// The rows, each as long as the headings.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The whole file.
    pub fn csv(&self) -> String {
        let mut file = String::from(BYTE_ORDER_MARK);
        write_line(&mut file, self.headings.iter().map(|heading| (*heading).to_owned()));
        for row in &self.rows {
            write_line(&mut file, row.iter().map(Cell::text));
        }
        file
    }
}

/// One line as RFC 4180 writes it: quotes where they are needed, CRLF at the end.
fn write_line(file: &mut String, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            file.push(',');
        }
        if cell.contains([',', '"', '\r', '\n']) {
            file.push('"');
            file.push_str(&cell.replace('"', "\"\""));
            file.push('"');
        } else {
            file.push_str(&cell);
        }
    }
    file.push_str("\r\n");
}

impl IntoResponse for Table {
    fn into_response(self) -> Response {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = self.name.chars().map(plain).collect();
        let mut response = self.csv().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\"")) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(cells: Vec<Cell>) -> String {
        Table { name: "x".into(), headings: vec!["Họ và tên", "đ"], rows: vec![cells] }.csv()
    }

    #[test]
    fn vietnamese_is_marked_as_utf_8() {
        let file = file(vec!["Lò Thị Ánh".into(), 2_660_000.into()]);
        assert_eq!(file.as_bytes()[..3], [0xef, 0xbb, 0xbf]);
        assert_eq!(&file[3..], "Họ và tên,đ\r\nLò Thị Ánh,2660000\r\n");
    }

    #[test]
    fn a_typed_formula_stays_a_text_and_a_negative_number_a_number() {
        for typed in ["=1+1", "+84", "-2", "@SUM(A1)", "\tx"] {
            let file = file(vec![typed.into(), (-5_i64).into()]);
            assert!(file.contains(&format!("'{typed}")), "{file}");
            assert!(file.ends_with(",-5\r\n"));
        }
    }

    #[test]
    fn commas_quotes_and_line_ends_do_not_break_a_row() {
        let file = file(vec!["a,\"b\"\nc".into(), 1.into()]);
        assert!(file.ends_with("\"a,\"\"b\"\"\nc\",1\r\n"), "{file}");
    }
}
