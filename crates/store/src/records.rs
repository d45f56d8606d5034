//! What a records system says: arrests, force reports, complaints and case numbers.

use crate::{Doing, StoreError, Tx};

/// A record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// `arrest`, `force`, `complaint` or `case`.
    pub kind: String,
    /// Its id there.
    pub record_id: String,
    /// The call that it is about.
    pub call_id: Option<String>,
    /// The officer.
    pub officer_id: Option<String>,
    /// The recording.
    pub recording_id: Option<String>,
    /// When it happened.
    pub at: Option<i64>,
    /// The case's number.
    pub case_number: Option<String>,
    /// A category of the agency.
    pub category: Option<String>,
}

/// Keeps a record; false where it stands there already.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, record: &Record, import: &str) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO records (kind, record_id, call_id, officer_id, recording_id, at, case_number, category, import_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (kind, record_id) DO NOTHING",
    )
    .bind(&record.kind)
    .bind(&record.record_id)
    .bind(record.call_id.as_deref())
    .bind(record.officer_id.as_deref())
    .bind(record.recording_id.as_deref())
    .bind(record.at)
    .bind(record.case_number.as_deref())
    .bind(record.category.as_deref())
    .bind(import)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("keep a record")
}
