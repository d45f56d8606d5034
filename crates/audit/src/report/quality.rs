//! What became of every row of every file, and everything that a reader must know about them.

use super::page::Section;
use super::table::{heads, notes, table};
use super::text::{capital, escape, plain};
use super::view::{Figure, Rows, View};
use crate::summary::{FileCounts, Summary};

const COLUMNS: [&str; 6] = ["File", "Rows read", "Accepted", "Rejected", "Duplicate", "Bad values"];

/// With the names of the files, and every note.
pub(super) fn section(summary: &Summary) -> Section {
    let row = |file: &FileCounts| {
        let counts =
            [file.read, file.accepted, file.rejected, file.duplicate, file.bad_values].map(Figure::Known);
        row(file.kind, &format!("<small>{}</small>", escape(&file.file)), counts)
    };
    let rows: String = summary.files.iter().map(row).collect();
    let notes = if summary.notes.is_empty() {
        r#"<p class="nothing">There are no notes.</p>"#.to_owned()
    } else {
        notes(&summary.notes)
    };
    around(format!("{}<h3>Notes</h3>{notes}", files(&rows)))
}

/// Without names and notes, either of which can name anything.
pub(super) fn public_section(view: &View) -> Section {
    let one = |file: &Rows| {
        row(file.kind, "", [file.read, file.accepted, file.rejected, file.duplicate, file.bad_values])
    };
    around(files(&view.files.iter().map(one).collect::<String>()))
}

fn around(body: String) -> Section {
    Section {
        id: "quality",
        title: "Data quality".to_owned(),
        aside: concat!(
            "<p>Nothing drops out silently. Rows read are accepted, rejected or exact duplicates. A rejected row never ",
            "accuses: whoever it could concern becomes undecided.</p>"
        )
        .to_owned(),
        body,
    }
}

fn files(rows: &str) -> String {
    if rows.is_empty() {
        return r#"<p class="nothing">No file was read.</p>"#.to_owned();
    }
    table(
        "files-table",
        "plain",
        "Rows by file; rejects.csv lists every one rejected, and every bad value",
        &heads(&COLUMNS),
        rows,
    )
}

fn row(kind: &str, name: &str, counts: [Figure; 5]) -> String {
    let cells = counts.map(|n| format!(r#"<td class="r">{}</td>"#, n.html())).concat();
    format!(r#"<tr><th scope="row">{}{name}</th>{cells}</tr>"#, escape(&capital(&plain(kind))))
}
