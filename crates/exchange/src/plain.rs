//! Small CSV files that the audit does not read, such as those of a records system: every row by the names of its
//! columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::csv::Records;
use crate::error::ExchangeError;

/// A row: its line, and its values by column.
pub type PlainRow = (u64, BTreeMap<String, String>);

/// The rows of a file, each with its line and its values by column; empty values are left out.
///
/// # Errors
/// A sentence where the text is not UTF-8, has no header, lacks one of the columns, or a row does not fit the header.
pub fn rows_by_column(bytes: &[u8], required: &[&str]) -> Result<Vec<PlainRow>, ExchangeError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ExchangeError::Asked(format!("The file is not UTF-8 from byte {} on.", error.valid_up_to()))
    })?;
    let mut records = Records::new(text.trim_start_matches('\u{feff}'), 1);
    let mut fields: Vec<Cow<'_, str>> = Vec::new();
    if records.next(&mut fields).is_none() {
        return Err(ExchangeError::Asked("The file has no header.".to_owned()));
    }
    let columns: Vec<String> = fields.iter().map(ToString::to_string).collect();
    if let Some(missing) = required.iter().find(|name| !columns.iter().any(|column| column == *name)) {
        return Err(ExchangeError::Asked(format!("Line 1: the column {missing} is missing.")));
    }
    let mut rows = Vec::new();
    while let Some(line) = records.next(&mut fields) {
        if fields.len() != columns.len() {
            return Err(ExchangeError::Asked(format!(
                "Line {line}: the row has {} values, and the header {}.",
                fields.len(),
                columns.len()
            )));
        }
        let filled = columns.iter().zip(&fields).filter(|(_, value)| !value.is_empty());
        rows.push((line, filled.map(|(column, value)| (column.clone(), value.to_string())).collect()));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::rows_by_column;

    #[test]
    fn rows_are_told_by_column_and_what_does_not_fit_by_line() {
        let rows = rows_by_column(b"a,b\n1,\n\"x,y\",2\n", &["a"]).unwrap_or_default();
        let told: Vec<_> = rows.iter().map(|(line, row)| (*line, row.get("a").cloned(), row.len())).collect();
        assert_eq!(told, [(2, Some("1".to_owned()), 1), (3, Some("x,y".to_owned()), 2)]);
        for (text, words) in [("b\n", "column a"), ("a,b\n1\n", "Line 2"), ("", "header")] {
            let error = rows_by_column(text.as_bytes(), &["a"]).map(drop).map_err(|error| error.to_string());
            assert!(error.as_ref().is_err_and(|error| error.contains(words)), "{error:?}");
        }
    }
}
