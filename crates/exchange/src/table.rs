//! What the readers of all exchange files share: which columns a file has, a row with its values, and the
//! list of what could not be used.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::path::Path;

use foldhash::fast::FixedState;
use onrecord_policy::Moment;

use crate::clock::{Reading, TimeReader};
use crate::csv::{Records, push_field};
use crate::error::ExchangeError;
use crate::source::Source;

/// A column of an exchange file and whether every row must have a value in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub name: &'static str,
    pub required: bool,
}

/// A column that every file must have and every row must fill.
pub(crate) const fn required(name: &'static str) -> Column {
    Column { name, required: true }
}

/// A column that may be left out.
pub(crate) const fn optional(name: &'static str) -> Column {
    Column { name, required: false }
}

/// Where the columns of an exchange file stand in one file.
#[derive(Clone, Debug)]
pub(crate) struct Layout<const N: usize> {
    columns: &'static [Column; N],
    places: [Option<usize>; N],
    width: usize,
    /// The places of the known columns in the order of the file.
    known: Vec<usize>,
}

impl<const N: usize> Layout<N> {
    /// Finds the columns in the header. Columns that are not of the contract are named in a note.
    pub fn find(
        columns: &'static [Column; N],
        source: &Source,
        notes: &mut Vec<String>,
    ) -> Result<Self, ExchangeError> {
        let names = &source.header.names;
        let mut places = [None; N];
        for (column, place) in columns.iter().zip(&mut places) {
            *place = place_of(column.name, names, &source.file)?;
            if column.required && place.is_none() {
                return Err(missing_column(column.name, names, &source.file));
            }
        }
        let unknown: Vec<_> = names
            .iter()
            .filter(|n| columns.iter().all(|c| c.name != n.as_str()))
            .map(|n| format!("\"{n}\""))
            .collect();
        if !unknown.is_empty() {
            notes.push(format!(
                "{}: columns that the audit does not know were ignored: {}.",
                source.base_name(),
                unknown.join(", ")
            ));
        }
        let mut known: Vec<_> = places.iter().flatten().copied().collect();
        known.sort_unstable();
        Ok(Self { columns, places, width: names.len(), known })
    }

    /// Where a column stands in the file's rows.
    pub fn place(&self, column: usize) -> Option<usize> {
        self.places.get(column).copied().flatten()
    }

    pub fn name(&self, column: usize) -> &'static str {
        self.columns.get(column).map_or("", |c| c.name)
    }

    /// The values of the record that was read last.
    pub fn row<'a, 'f>(
        &'a self,
        fields: &'f [Cow<'f, str>],
        records: &Records<'f>,
        line: u64,
    ) -> Row<'a, 'f, N> {
        let plain = records.plain().filter(|_| self.known.len() == self.width && fields.len() == self.width);
        Row { layout: self, fields, line, plain, may_span_lines: records.may_span_lines() }
    }
}

/// The place of the column `name`, which may stand in the header once.
pub(crate) fn place_of(name: &str, names: &[String], file: &Path) -> Result<Option<usize>, ExchangeError> {
    let mut found = names.iter().enumerate().filter(|(_, n)| n.as_str() == name).map(|(at, _)| at);
    let first = found.next();
    if found.next().is_some() {
        return Err(ExchangeError::unusable(
            file,
            1,
            "stands twice in the header. Rename or remove one of the two columns.",
        )
        .in_column(name));
    }
    Ok(first)
}

/// The error for a column that must be there and is not, with the likely reason.
pub(crate) fn missing_column(name: &str, names: &[String], file: &Path) -> ExchangeError {
    let header = names.join(",");
    let other = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
    let problem = if let Some((_, what)) = other.iter().find(|(c, _)| names.len() == 1 && header.contains(*c))
    {
        format!("is missing: the header seems to be separated by {what}. Export the file with commas.")
    } else if let Some(close) = names.iter().find(|n| alike(n, name)) {
        format!("is missing; did you mean the column \"{close}\"? Names are compared exactly.")
    } else {
        let shown: String = header.chars().take(200).collect();
        format!(
            "is missing. The header has: {shown}. Rename a column, or use a mapping (see docs/mappings.md)."
        )
    };
    ExchangeError::unusable(file, 1, problem).in_column(name)
}

fn alike(one: &str, other: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    letters(one) == letters(other)
}

/// One row of a file.
pub(crate) struct Row<'a, 'f, const N: usize> {
    layout: &'a Layout<N>,
    fields: &'f [Cow<'f, str>],
    pub line: u64,
    /// The text of the row where its content is just that.
    plain: Option<&'f str>,
    may_span_lines: bool,
}

impl<const N: usize> Row<'_, '_, N> {
    /// The value in a column, none where it is empty or the file does not have the column.
    #[inline]
    pub fn get(&self, column: usize) -> Option<&str> {
        let place = self.layout.place(column)?;
        self.fields.get(place).map(|v| &**v).filter(|v| !v.is_empty())
    }

    /// Why the row does not fit its header, if it does not. Its values cannot be trusted then: a comma too few
    /// or too many moves them under other columns. Empty values at the end are no harm.
    pub fn misfit(&self) -> Option<String> {
        let exact = || {
            (0..N).filter(|c| !FREE_TEXT.contains(&self.layout.name(*c))).filter_map(|c| self.layout.place(c))
        };
        misfit(self.fields, self.layout.width, self.may_span_lines, exact)
    }

    /// A number that stands for the values of all columns: equal rows have equal ones.
    #[inline]
    pub fn content(&self) -> u64 {
        self.content_of(CONTENT_SEED)
    }

    /// The same with room for any number of rows.
    pub fn wide_content(&self) -> u128 {
        u128::from(self.content_of(CONTENT_SEED)) << 64 | u128::from(self.content_of(CONTENT_SEED + 1))
    }

    #[inline]
    fn content_of(&self, seed: u64) -> u64 {
        content_of(self.fields, &self.layout.known, self.plain, seed)
    }
}

pub(crate) const CONTENT_SEED: u64 = 7;

/// A number that stands for the values at the `known` places of a row: equal rows have equal ones. `plain` is
/// the row's text where its values stand there just as they are and all are known.
#[inline]
pub(crate) fn content_of(fields: &[Cow<'_, str>], known: &[usize], plain: Option<&str>, seed: u64) -> u64 {
    if let Some(text) = plain {
        return number_of(text.as_bytes(), seed);
    }
    let mut text = Vec::with_capacity(256);
    for (nth, place) in known.iter().enumerate() {
        if nth > 0 {
            text.push(b',');
        }
        push_field(&mut text, fields.get(*place).map_or("", |v| v));
    }
    number_of(&text, seed)
}

/// A number that stands for a text.
#[inline]
pub(crate) fn number_of(text: &[u8], seed: u64) -> u64 {
    FixedState::with_seed(seed).hash_one(text)
}

/// Columns in which people write what they like, over several lines too.
const FREE_TEXT: [&str; 4] = ["name", "badge", "approved_by", "note"];

/// Why a row does not fit its header, if it does not: another number of values, or a quote out of place that
/// took whole lines into one value. `exact` gives the places of ids, times and codes: none of them has lines.
pub(crate) fn misfit<P: Iterator<Item = usize>>(
    fields: &[Cow<'_, str>],
    width: usize,
    may_span_lines: bool,
    exact: impl FnOnce() -> P,
) -> Option<String> {
    let extra_is_empty = || fields.get(width..).unwrap_or_default().iter().all(|v| v.is_empty());
    if fields.len() < width || !extra_is_empty() {
        let got = fields.len();
        return Some(format!(
            "the row has {got} values, the header {width}; quote values that contain a comma, or export again"
        ));
    }
    let commas = |line: &str| line.bytes().filter(|b| *b == b',').count();
    let swallowed =
        |v: &Cow<'_, str>| v.contains('\n') && width > 1 && v.lines().skip(1).any(|l| commas(l) + 1 >= width);
    let broken = |place: usize| fields.get(place).is_some_and(|v| v.contains('\n'));
    let spans = may_span_lines && (exact().any(broken) || fields.iter().any(swallowed));
    spans.then(|| {
        "a quote seems to be out of place: one value of this row took in the lines that follow it; mend the quotes, or \
         export again"
            .to_owned()
    })
}

/// Whether a row or only a value of it could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Row,
    Value,
}

/// A line of `rejects.csv`, its file known from where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Reject {
    pub line: u64,
    pub column: Cow<'static, str>,
    pub what: What,
    pub reason: Cow<'static, str>,
}

impl Reject {
    pub fn row(line: u64, column: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { line, column: column.into(), what: What::Row, reason: reason.into() }
    }

    pub fn value(line: u64, column: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { line, column: column.into(), what: What::Value, reason: reason.into() }
    }

    /// Writes the line.
    pub fn write(&self, file: &str, out: &mut Vec<u8>) {
        push_field(out, file);
        out.extend_from_slice(format!(",{},", self.line).as_bytes());
        push_field(out, &self.column);
        out.extend_from_slice(match self.what {
            What::Row => b",row,",
            What::Value => b",value,",
        });
        push_field(out, &self.reason);
        out.push(b'\n');
    }
}

/// The header of `rejects.csv`.
pub(crate) const REJECTS_HEADER: &[u8] = b"file,line,column,what,reason\n";

/// The times that a row names, as far as they can be read: what a spoilt row is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowTimes {
    unreadable: bool,
    span: Option<(Moment, Moment)>,
}

impl RowTimes {
    pub fn add(&mut self, reading: Option<Reading>) {
        let (early, late) = match reading {
            None => return,
            Some(Reading::Bad(_)) => {
                self.unreadable = true;
                return;
            }
            Some(Reading::At(at)) => (at, at),
            Some(Reading::Twice(early, late)) => (early, late),
        };
        let (from, to) = self.span.unwrap_or((early, late));
        self.span = Some((from.min(early), to.max(late)));
    }

    /// From the earliest to the latest; none where a time is missing or unreadable.
    pub fn span(&self) -> Option<(Moment, Moment)> {
        self.span.filter(|_| !self.unreadable)
    }
}

/// Reads the time in a column; a bad one is listed as what `what` says.
pub(crate) fn read_time<const N: usize>(
    row: &Row<'_, '_, N>,
    column: usize,
    clock: &TimeReader<'_>,
    what: What,
    rejects: &mut Vec<Reject>,
) -> Option<Reading> {
    let text = row.get(column)?;
    let reading = clock.read(text);
    if let Reading::Bad(why) = reading {
        let column = row.layout.name(column).into();
        rejects.push(Reject { line: row.line, column, what, reason: why.reason(text).into() });
    }
    Some(reading)
}
