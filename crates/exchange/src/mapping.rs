//! How the calls of other layouts are read: which column is which, how dates and times are written, what
//! means absent, and who the officers are. `docs/mappings.md` describes the file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use jiff::civil;
use serde::Deserialize;

use crate::clock::{BadTime, Clock, Reading, TimeReader, Zone};
use crate::error::ExchangeError;
use crate::source::Source;
use crate::table::{missing_column, place_of};

/// A mapping file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The zone of local times, an IANA name.
    #[serde(default)]
    timezone: Option<String>,
    /// How a date with its time is written, in the order of trying; none: as in the exchange files.
    #[serde(default)]
    formats: Vec<String>,
    /// How a date in a column of its own is written.
    #[serde(default)]
    date_formats: Vec<String>,
    /// How a time of day in a column of its own is written.
    #[serde(default)]
    time_formats: Vec<String>,
    /// Beginnings of values that mean: absent.
    #[serde(default)]
    absent: Vec<String>,
    /// What stands between the officers of one row.
    #[serde(default)]
    officer_separator: Option<String>,
    columns: MappedColumns,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MappedColumns {
    call_id: Names,
    #[serde(default)]
    officer_id: Option<Names>,
    #[serde(default)]
    unit_id: Option<Names>,
    #[serde(default)]
    call_type: Option<Names>,
    #[serde(default)]
    priority: Option<Names>,
    #[serde(default)]
    district: Option<Names>,
    #[serde(default)]
    disposition: Option<Names>,
    #[serde(default)]
    received_at: Option<TimeNames>,
    #[serde(default)]
    dispatched_at: Option<TimeNames>,
    #[serde(default)]
    en_route_at: Option<TimeNames>,
    #[serde(default)]
    on_scene_at: Option<TimeNames>,
    #[serde(default)]
    left_scene_at: Option<TimeNames>,
    #[serde(default)]
    cleared_at: Option<TimeNames>,
}

/// A column's name, or several of which the first that the file has is taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    AnyOf(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::AnyOf(Vec::new())
    }
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::AnyOf(names) => names,
        }
    }
}

/// The column or columns of a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum TimeNames {
    Two { date: String, time: String },
    One(Names),
}

/// The layouts that cities publish, built in.
pub const PROFILES: [(&str, &str); 4] = [
    ("sfpd", include_str!("../profiles/sfpd.toml")),
    ("nopd", include_str!("../profiles/nopd.toml")),
    ("cincinnati", include_str!("../profiles/cincinnati.toml")),
    ("sacramento", include_str!("../profiles/sacramento.toml")),
];

/// How the calls are laid out, and where their officers come from.
#[derive(Clone, Debug, Default)]
pub struct CallsLayout {
    /// The layout, where it is not that of the exchange files.
    pub mapping: Option<Mapping>,
    /// A column of the file that names the officer or officers, instead of the layout's.
    pub officer_column: Option<String>,
    /// A column of the file that names the unit, instead of the layout's.
    pub unit_column: Option<String>,
    /// A duty roster that tells which officers a unit had.
    pub roster: Option<PathBuf>,
}

impl Mapping {
    /// The layout of a built-in profile.
    ///
    /// # Errors
    /// A sentence where there is no such profile.
    pub fn profile(name: &str) -> Result<Self, ExchangeError> {
        let text = PROFILES.iter().find(|(n, _)| *n == name).map(|(_, text)| text).ok_or_else(|| {
            let known: Vec<_> = PROFILES.iter().map(|(n, _)| *n).collect();
            ExchangeError::Asked(format!(
                "\"{name}\" is not a built-in layout of calls; there are {}. For another layout write a mapping \
                 (docs/mappings.md) and give it with --cad-mapping.",
                known.join(", ")
            ))
        })?;
        Self::parse(Path::new(name), text)
    }

    /// Reads a mapping.
    ///
    /// # Errors
    /// A sentence with file and line where the text is no mapping.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ExchangeError> {
        let mapping: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |s| s.start);
            let line = text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() as u64 + 1;
            ExchangeError::unusable(file, line, format!("{}. See docs/mappings.md.", error.message()))
        })?;
        if mapping.absent.iter().any(String::is_empty) {
            let problem = "absent has an empty text, with which every value begins. Leave it out: empty is absent anyway.";
            return Err(ExchangeError::unusable(file, None, problem));
        }
        Ok(mapping)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// A sentence where it cannot be read or is no mapping.
    pub fn read(file: &Path) -> Result<Self, ExchangeError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ExchangeError::Read { file: file.to_owned(), source })?;
        Self::parse(file, &text)
    }

    /// The zone that the layout names.
    pub fn timezone(&self) -> Option<&str> {
        self.timezone.as_deref()
    }
}

/// Where a time stands in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimePlace {
    One(usize),
    Two { date: usize, time: usize },
}

impl TimePlace {
    /// The one or two columns.
    pub fn places(self) -> impl Iterator<Item = usize> {
        let (one, other) = match self {
            Self::One(at) => (at, None),
            Self::Two { date, time } => (date, Some(time)),
        };
        std::iter::once(one).chain(other)
    }
}

/// Where the parts of a call stand in the rows of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallColumns {
    pub call_id: usize,
    pub officer_id: Option<usize>,
    pub unit_id: Option<usize>,
    pub call_type: Option<usize>,
    pub priority: Option<usize>,
    pub district: Option<usize>,
    pub disposition: Option<usize>,
    /// In the order of `CallTime::ALL`.
    pub times: [Option<TimePlace>; 6],
    pub width: usize,
}

impl CallColumns {
    /// Every place that is read, for telling exact duplicates.
    pub fn all(&self) -> Vec<usize> {
        let named = [
            Some(self.call_id),
            self.officer_id,
            self.unit_id,
            self.call_type,
            self.priority,
            self.district,
            self.disposition,
        ];
        let times = self.times.iter().flatten().flat_map(|place| place.places());
        let mut all: Vec<_> = named.into_iter().flatten().chain(times).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The exchange files' own layout.
fn own_layout() -> MappedColumns {
    let one = |name: &str| Some(Names::One(name.to_owned()));
    let time = |name: &str| Some(TimeNames::One(Names::One(name.to_owned())));
    MappedColumns {
        call_id: Names::One("call_id".to_owned()),
        officer_id: one("officer_id"),
        unit_id: one("unit_id"),
        call_type: one("call_type"),
        priority: one("priority"),
        district: one("district"),
        disposition: one("disposition"),
        received_at: time("received_at"),
        dispatched_at: time("dispatched_at"),
        en_route_at: time("en_route_at"),
        on_scene_at: time("on_scene_at"),
        left_scene_at: time("left_scene_at"),
        cleared_at: time("cleared_at"),
    }
}

impl CallsLayout {
    /// Finds the columns in the file's header. Those that the layout does not know are named in a note. In the
    /// exchange layout only the required columns must be there; a mapping's columns must all be.
    pub(crate) fn find(
        &self,
        source: &Source,
        notes: &mut Vec<String>,
    ) -> Result<CallColumns, ExchangeError> {
        let (names, file) = (&source.header.names, source.file.as_path());
        let mapped = self.mapping.as_ref().map_or_else(own_layout, |m| m.columns.clone());
        let strict = self.mapping.is_some();
        let find = |wanted: &Names, needed: bool| -> Result<Option<usize>, ExchangeError> {
            for name in wanted.all() {
                if let Some(place) = place_of(name, names, file)? {
                    return Ok(Some(place));
                }
            }
            match wanted.all().first() {
                Some(first) if needed => Err(missing_column(first, names, file)),
                _ => Ok(None),
            }
        };
        let optional = |wanted: &Option<Names>| wanted.as_ref().map_or(Ok(None), |w| find(w, strict));
        let time = |wanted: &Option<TimeNames>| match wanted {
            None => Ok(None),
            Some(TimeNames::One(names)) => Ok(find(names, strict)?.map(TimePlace::One)),
            Some(TimeNames::Two { date, time }) => {
                let date = find(&Names::One(date.clone()), true)?;
                let time = find(&Names::One(time.clone()), true)?;
                Ok(date.zip(time).map(|(date, time)| TimePlace::Two { date, time }))
            }
        };
        let named = |own: &Option<String>, mapped: &Option<Names>, needed: bool| match own {
            Some(name) => find(&Names::One(name.clone()), true),
            None => mapped.as_ref().map_or(Ok(None), |w| find(w, needed)),
        };
        let needs_officer = self.roster.is_none();
        let columns = CallColumns {
            call_id: find(&mapped.call_id, true)?.ok_or_else(|| {
                ExchangeError::Asked(
                    "the mapping names no column for call_id; add it under [columns].".to_owned(),
                )
            })?,
            officer_id: named(&self.officer_column, &mapped.officer_id, needs_officer)?
                .filter(|_| needs_officer),
            unit_id: named(&self.unit_column, &mapped.unit_id, strict)?,
            call_type: optional(&mapped.call_type)?,
            priority: optional(&mapped.priority)?,
            district: optional(&mapped.district)?,
            disposition: optional(&mapped.disposition)?,
            times: [
                time(&mapped.received_at)?,
                time(&mapped.dispatched_at)?,
                time(&mapped.en_route_at)?,
                time(&mapped.on_scene_at)?,
                time(&mapped.left_scene_at)?,
                time(&mapped.cleared_at)?,
            ],
            width: names.len(),
        };
        self.check_officers(&columns, file)?;
        note_unknown(&columns, source, notes);
        Ok(columns)
    }

    fn check_officers(&self, columns: &CallColumns, file: &Path) -> Result<(), ExchangeError> {
        let problem = if self.roster.is_some() && columns.unit_id.is_none() {
            "names no unit to look up in the duty roster. Say which column does with --unit-column COLUMN."
        } else if self.roster.is_none() && columns.officer_id.is_none() {
            "names no officer in this layout. Say which column names the officer or unit with --officer-column COLUMN, \
             or give a duty roster with --roster FILE (officer_id, unit_id, from, to)."
        } else {
            return Ok(());
        };
        Err(ExchangeError::unusable(file, 1, problem))
    }

    /// The mapping's reader of times.
    pub(crate) fn times(&self, clock: Clock) -> CallClock {
        let mapping = self.mapping.clone().unwrap_or_default();
        CallClock { clock, mapping }
    }
}

fn note_unknown(columns: &CallColumns, source: &Source, notes: &mut Vec<String>) {
    let used = columns.all();
    let names = source.header.names.iter().enumerate();
    let unknown: Vec<_> =
        names.filter(|(at, _)| !used.contains(at)).map(|(_, n)| format!("\"{n}\"")).collect();
    if !unknown.is_empty() {
        notes.push(format!(
            "{}: columns that the audit does not know were ignored: {}.",
            source.base_name(),
            unknown.join(", ")
        ));
    }
}

/// Reads the times of calls in their layout.
#[derive(Clone, Debug)]
pub(crate) struct CallClock {
    clock: Clock,
    mapping: Mapping,
}

impl CallClock {
    /// Whether a value means that there is none.
    fn absent(&self, text: &str) -> bool {
        text.is_empty() || self.mapping.absent.iter().any(|a| text.starts_with(a.as_str()))
    }

    /// The zone of local times, where one is known.
    pub fn zone(&self) -> Option<&Zone> {
        self.clock.zone.as_ref()
    }

    /// A reader for many times of the same days.
    pub fn reader(&self) -> TimeReader<'_> {
        self.clock.reader()
    }

    /// The time at a place of a row, with the text that was read; none where absent.
    #[inline]
    pub fn read<'f>(
        &self,
        place: TimePlace,
        fields: &'f [Cow<'f, str>],
        reader: &TimeReader<'_>,
    ) -> Option<(Reading, Cow<'f, str>)> {
        let value = |at: usize| fields.get(at).map_or("", |v| &**v);
        match place {
            TimePlace::One(at) => {
                let text = value(at);
                (!self.absent(text)).then(|| (self.date_with_time(text, reader), Cow::Borrowed(text)))
            }
            TimePlace::Two { date, time } => {
                let (date, time) = (value(date), value(time));
                let (no_date, no_time) =
                    (self.absent(date), time.is_empty() || time.len() > 8 && self.absent(time));
                (!no_date && !no_time)
                    .then(|| (self.date_and_time(date, time), Cow::Owned(format!("{date} {time}"))))
                    .or_else(|| half_a_time(no_date, no_time, date, time))
            }
        }
    }

    #[inline]
    fn date_with_time(&self, text: &str, reader: &TimeReader<'_>) -> Reading {
        for format in &self.mapping.formats {
            if let Ok(parsed) = jiff::fmt::strtime::parse(format, text) {
                if let Ok(at) = parsed.to_timestamp() {
                    return Clock::at_instant(at);
                }
                if let Ok(civil) = parsed.to_datetime() {
                    return self.clock.at_civil(civil);
                }
            }
        }
        reader.read(text)
    }

    fn date_and_time(&self, date: &str, time: &str) -> Reading {
        let dates = &self.mapping.date_formats;
        let times = &self.mapping.time_formats;
        let day = first_fitting(dates, |f| civil::Date::strptime(f, date).ok()).or_else(|| date.parse().ok());
        let hour =
            first_fitting(times, |f| civil::Time::strptime(f, time).ok()).or_else(|| time.parse().ok());
        match (day, hour) {
            (Some(day), Some(hour)) => self.clock.at_civil(day.to_datetime(hour)),
            _ => Reading::Bad(BadTime::Unreadable),
        }
    }

    /// Whether a value may name several officers.
    pub fn has_separator(&self) -> bool {
        self.mapping.officer_separator.as_deref().is_some_and(|s| !s.is_empty())
    }

    /// The officers of a value: one, or several where the layout has a separator.
    pub fn officers<'v>(&'v self, value: &'v str) -> impl Iterator<Item = &'v str> {
        let separator = self.mapping.officer_separator.as_deref().filter(|s| !s.is_empty());
        let whole = separator.is_none().then_some(value);
        let parts = separator.into_iter().flat_map(move |s| value.split(s));
        whole.into_iter().chain(parts).map(str::trim).filter(|id| !id.is_empty())
    }
}

fn first_fitting<T>(formats: &[String], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    formats.iter().find_map(|f| read(f))
}

/// A date without a time of day, or the other way round, is no time; both absent is absent.
fn half_a_time<'f>(no_date: bool, no_time: bool, date: &str, time: &str) -> Option<(Reading, Cow<'f, str>)> {
    let half = no_date != no_time && (!no_date || date.is_empty());
    half.then(|| (Reading::Bad(BadTime::Unreadable), Cow::Owned(format!("{date} {time}").trim().to_owned())))
}
