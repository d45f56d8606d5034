//! A comparison of two policies as text for a terminal. It draws figures and computes none.

use std::fmt::Write;
use std::path::Path;

use onrecord_audit::{Share, Shares};
use onrecord_exchange::Compared;

use crate::numbers::grouped;

/// How the policies were named on the command line.
pub struct Names<'a> {
    /// The policy A.
    pub a: &'a str,
    /// The policy B.
    pub b: &'a str,
    /// Whether they differ and yet have the same id and version.
    pub same: bool,
}

/// The whole text; `out` is where the files were written.
pub fn text(compared: &Compared, names: &Names<'_>, out: Option<&Path>) -> String {
    let mut parts = vec![policies(compared, names), changed(compared)];
    parts.extend([outcomes(compared), shares(compared), districts(compared), defects(compared)]);
    parts.extend([not_used(compared), notes(compared), ending(compared, out)]);
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn policies(compared: &Compared, names: &Names<'_>) -> String {
    let mut text = String::new();
    for (side, name, policy) in [("A", names.a, &compared.a.policy), ("B", names.b, &compared.b.policy)] {
        let _ =
            writeln!(text, "{side}  {name}: {} (id {}, version {})", policy.title, policy.id, policy.version);
    }
    if names.same {
        text.push_str("A and B differ but have the same id and version; give B a version of its own before it is used.\n");
    }
    text
}

fn changed(compared: &Compared) -> String {
    let alike = compared.changed - compared.milder - compared.graver;
    let obligations = grouped(compared.obligations);
    let mut text = String::new();
    if compared.changed > 0 {
        let _ = writeln!(
            text,
            "Another outcome under B: {} of {obligations} obligations; {} milder, {} graver, {} as grave as before.",
            grouped(compared.changed),
            grouped(compared.milder),
            grouped(compared.graver),
            grouped(alike)
        );
    } else {
        let _ = writeln!(text, "Another outcome under B: none of {obligations} obligations.");
    }
    if compared.altered > 0 {
        let _ = writeln!(
            text,
            "The same outcome for another reason, or with other kinds of defects or seconds in defects: {}.",
            grouped(compared.altered)
        );
    }
    text
}

/// What became of what, the most frequent first.
fn outcomes(compared: &Compared) -> String {
    let mut changes: Vec<_> = compared.outcomes.iter().filter(|c| c.outcome_a != c.outcome_b).collect();
    changes.sort_by_key(|c| std::cmp::Reverse(c.count));
    let rows = changes.into_iter().map(|c| vec![c.outcome_a.into(), c.outcome_b.into(), grouped(c.count)]);
    table(&["Under A", "Under B", "Obligations"], 2, rows.collect())
}

fn shares(compared: &Compared) -> String {
    type Of = fn(&Shares) -> &Share;
    let decided: [(&str, Of); 4] = [
        ("recorded", |s| &s.recorded),
        ("excused", |s| &s.excused),
        ("partial", |s| &s.partial),
        ("missing", |s| &s.missing),
    ];
    let [a, b] = [&compared.a.shares, &compared.b.shares];
    let share = |name: &str, a: &Share, b: &Share| {
        vec![name.to_owned(), grouped(a.count), percent(a), grouped(b.count), percent(b)]
    };
    let number = |name: &str, a: u64, b: u64| {
        vec![name.to_owned(), grouped(a), String::new(), grouped(b), String::new()]
    };
    let mut rows = vec![number("required and decided", a.decided, b.decided)];
    rows.extend(decided.map(|(name, of)| share(&format!("  {name}"), of(a), of(b))));
    rows.push(share("undecided besides", &a.undecided, &b.undecided));
    rows.push(number("not required", a.not_required, b.not_required));
    rows.push(number("no camera", a.no_camera, b.no_camera));
    table(&["All obligations", "A", "", "B", ""], 1, rows)
}

/// The districts in which an outcome changes.
fn districts(compared: &Compared) -> String {
    let both = |a: &Share, b: &Share| format!("{} → {}", percent(a), percent(b));
    let rows: Vec<_> = compared
        .districts
        .iter()
        .filter(|district| district.changed > 0)
        .map(|d| {
            let name = if d.name.is_empty() { "(none)" } else { &d.name };
            let mut row = vec![name.to_owned()];
            row.extend([d.obligations, d.changed, d.milder, d.graver].map(grouped));
            row.push(both(&d.a.recorded, &d.b.recorded));
            row.push(both(&d.a.missing, &d.b.missing));
            row.push(both(&d.a.undecided, &d.b.undecided));
            row
        })
        .collect();
    let (all, shown) = (compared.districts.len(), rows.len());
    let head = ["District", "Obligations", "Changed", "Milder", "Graver", "Recorded", "Missing", "Undecided"];
    let mut text = table(&head, 1, rows);
    if shown > 0 && shown < all {
        let _ = writeln!(text, "In {} of {all} districts nothing changes.", all - shown);
    }
    text
}

fn defects(compared: &Compared) -> String {
    let rows = compared.defects.iter().map(|d| {
        let mut row = vec![d.kind.to_owned()];
        row.extend([d.count_a, d.count_b, d.provisional_a, d.provisional_b].map(grouped));
        row
    });
    table(&["Defects", "A", "B", "In doubt: A", "B"], 1, rows.collect())
}

/// Files of which rows or values could not be used.
fn not_used(compared: &Compared) -> String {
    let mut text = String::new();
    for (a, b) in compared.a.files.iter().zip(&compared.b.files) {
        let [under_a, under_b] = [a, b].map(|f| f.rejected + f.bad_values);
        if under_a + under_b == 0 {
            continue;
        }
        let number = if under_a == under_b {
            grouped(under_a)
        } else {
            format!("{} under A, {} under B", grouped(under_a), grouped(under_b))
        };
        let _ = writeln!(text, "{}: rows or values that could not be used: {number}.", a.file);
    }
    if !text.is_empty() {
        text.push_str("`onrecord audit` lists them in rejects.csv.\n");
    }
    text
}

fn notes(compared: &Compared) -> String {
    compared.notes.iter().fold(String::new(), |text, note| text + "Note: " + note + "\n")
}

fn ending(compared: &Compared, out: Option<&Path>) -> String {
    let changes = match out {
        Some(folder) => format!("Changes: {}\n", folder.join("changes.csv").display()),
        None if compared.changed == 0 => String::new(),
        None => "Give --out DIR to have every change listed.\n".to_owned(),
    };
    format!("{changes}{}\n", compared.status)
}

/// Aligned columns, the first `left` of them to the left, numbers to the right; nothing where there are no rows.
fn table(head: &[&str], left: usize, mut rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    rows.insert(0, head.iter().map(|name| (*name).to_owned()).collect());
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|v| v.chars().count()).max();
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (value, width)) in row.iter().zip(&widths).enumerate() {
            let gap = if column > 0 { "  " } else { "" };
            let _ = if column < left {
                write!(line, "{gap}{value:<width$}")
            } else {
                write!(line, "{gap}{value:>width$}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A share with one digit; a dash where there is nothing to share.
fn percent(share: &Share) -> String {
    share.share.map_or_else(|| "\u{2013}".to_owned(), |of| format!("{:.1}%", of * 100.0))
}
