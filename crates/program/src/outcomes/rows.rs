//! How a row of an exchange file is kept: its values by column, as JSON, and a digest that tells it apart.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest::{SHA256, digest};
use onrecord_exchange::{Export, FileKind, KeptRow};
use onrecord_store::imports::{NewRow, Row};

use crate::ProgramError;
use crate::text::{NAME, keepable};

/// What a row that does not fit its header begins with.
const UNFIT: &str = "{\"unfit\":";

/// A row of a file as it is kept. `accepted` is what the audit makes of it, by itself.
pub(crate) fn new_row(kind: FileKind, columns: &[&'static str], row: &KeptRow, accepted: bool) -> NewRow {
    let data = if row.fits {
        let values = columns.iter().zip(&row.values).filter(|(_, value)| !value.is_empty());
        json(values.map(|(column, value)| (*column, value.as_str())))
    } else {
        serde_json::json!({ "unfit": row.values }).to_string()
    };
    let value = |column: &str| {
        let at = columns.iter().position(|known| *known == column).filter(|_| row.fits)?;
        row.values.get(at).filter(|value| !value.is_empty()).cloned()
    };
    let content = digest(&SHA256, format!("{}\n{data}", kind.name()).as_bytes()).as_ref().to_vec();
    NewRow {
        line: i64::try_from(row.line).unwrap_or(i64::MAX),
        content,
        officer_id: value("officer_id"),
        camera_serial: value("camera_serial"),
        call_id: value("call_id"),
        recording_id: value("recording_id"),
        from_at: row.from,
        to_at: row.to,
        data,
        accepted,
    }
}

/// Refuses a row whose names no database would keep.
pub(crate) fn keepable_row(columns: &[&'static str], row: &KeptRow) -> Result<(), ProgramError> {
    for (column, value) in columns.iter().zip(&row.values).filter(|_| row.fits) {
        if column.ends_with("_id") || *column == "camera_serial" {
            keepable(&format!("line {}, column {column}: the value", row.line), value, NAME)?;
        }
    }
    Ok(())
}

/// Values by column, the same text for the same values.
pub(crate) fn json<'v>(values: impl Iterator<Item = (&'v str, &'v str)>) -> String {
    let values: BTreeMap<&str, &str> = values.collect();
    serde_json::to_string(&values).unwrap_or_default()
}

/// The value of a kept row in a column.
pub(crate) fn value_of(row: &Row, column: &str) -> Option<String> {
    if row.data.starts_with(UNFIT) {
        return None;
    }
    let mut values: HashMap<String, String> = serde_json::from_str(&row.data).ok()?;
    values.remove(column)
}

/// The data of a kept row with other values in some columns.
pub(crate) fn with_values<const N: usize>(row: &Row, values: [(&str, Option<&str>); N]) -> String {
    let mut data: BTreeMap<String, String> = serde_json::from_str(&row.data).unwrap_or_default();
    for (column, value) in values {
        match value {
            Some(value) => data.insert(column.to_owned(), value.to_owned()),
            None => data.remove(column),
        };
    }
    serde_json::to_string(&data).unwrap_or_default()
}

/// Adds a kept row to an export; answers its line there.
pub(crate) fn add(export: &mut Export, row: &Row) -> Result<u64, ProgramError> {
    let damaged = || {
        ProgramError::Fault(format!(
            "The row {} of {} is kept in a form that cannot be read.",
            row.id, row.kind
        ))
    };
    let kind = FileKind::of(&row.kind).ok_or_else(damaged)?;
    if row.data.starts_with(UNFIT) {
        export.add_unfit(kind);
        return Ok(0);
    }
    let values: HashMap<Cow<'_, str>, Cow<'_, str>> =
        serde_json::from_str(&row.data).map_err(|_| damaged())?;
    let columns = kind.columns();
    Ok(export.add(kind, columns.iter().map(|column| values.get(*column).map_or("", |value| value.as_ref()))))
}
