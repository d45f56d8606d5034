//! The tables and values of a policy file, each knowing the line it stands on, so that an error can say it.
//!
//! This layer knows TOML and the kinds of value (text, duration, date …); which keys there are and what they
//! mean is the matter of `parse`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::duration;
use crate::error::PolicyError;
use crate::time::{Micros, Moment};

/// The result of reading a part of a policy file.
pub(crate) type Result<T> = std::result::Result<T, PolicyError>;

/// The file being read: its name and its text.
#[derive(Clone, Copy)]
pub(crate) struct Source<'d> {
    pub file: &'d str,
    pub text: &'d str,
}

impl Source<'_> {
    /// An error at the line on which the byte at this place stands.
    pub fn error(self, place: usize, message: String) -> PolicyError {
        let line = 1 + self.text.bytes().take(place).filter(|byte| *byte == b'\n').count();
        let file = self.file.to_owned();
        PolicyError { file, line, message }
    }

    /// What the TOML parser says, with its line.
    pub fn syntax_error(self, error: &toml::de::Error) -> PolicyError {
        let place = error.span().map_or(0, |span| span.start);
        let what = error.message();
        self.error(place, format!("this is not TOML ({what}); write key = value, with texts in quotes."))
    }
}

/// A table of the file, perhaps absent; then it has no entries, and all keys take their defaults.
pub(crate) struct Section<'d> {
    source: Source<'d>,
    /// The dotted name, empty for the file itself.
    name: String,
    /// The byte of the text at which the table is named.
    place: usize,
    entries: Option<&'d DeTable<'d>>,
}

impl<'d> Section<'d> {
    /// The file itself.
    pub fn root(source: Source<'d>, entries: &'d DeTable<'d>) -> Self {
        Self { source, name: String::new(), place: 0, entries: Some(entries) }
    }

    /// An error unless every key is one of these; it names the first that is not.
    pub fn allow(self, keys: &[&str]) -> Result<Self> {
        let unknown = self.entries().find(|(key, _)| !keys.contains(key));
        let Some((key, entry)) = unknown else {
            return Ok(self);
        };
        let table =
            if self.name.is_empty() { "a policy file".to_owned() } else { format!("[{}]", self.name) };
        let (key, keys) = (shown(key), keys.join(", "));
        Err(self
            .source
            .error(entry.place, format!("{table} has no key {key}; the keys allowed there are {keys}.")))
    }

    /// All entries in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = (&'d str, Entry<'d>)> {
        let mut entries: Vec<_> = self.entries.into_iter().flatten().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries.into_iter().map(|(key, value)| {
            let name = match self.name.as_str() {
                "" => bare(key.get_ref()),
                outer => format!("{outer}.{}", bare(key.get_ref())),
            };
            let place = key.span().start;
            (key.get_ref().as_ref(), Entry { source: self.source, name, place, value: value.get_ref() })
        })
    }

    /// Reads the value of a key in the given way; `None` where the key is left out.
    pub fn read<T>(&self, key: &str, how: impl FnOnce(&Entry<'d>) -> Result<T>) -> Result<Option<T>> {
        self.entries().find(|(name, _)| *name == key).map(|(_, entry)| how(&entry)).transpose()
    }

    /// Reads the value of a key that must be there; `example` shows how to write it.
    pub fn require<T>(
        &self,
        key: &str,
        example: &str,
        how: impl FnOnce(&Entry<'d>) -> Result<T>,
    ) -> Result<T> {
        self.read(key, how)?.ok_or_else(|| {
            let message = format!("[{}] has no {key}; add a line such as {key} = {example}.", self.name);
            self.source.error(self.place, message)
        })
    }

    /// The table under a key, empty where it is left out.
    pub fn section(&self, key: &str) -> Result<Self> {
        let absent =
            || Section { source: self.source, name: key.to_owned(), place: self.place, entries: None };
        Ok(self.read(key, Entry::section)?.unwrap_or_else(absent))
    }
}

/// A value of the file.
pub(crate) struct Entry<'d> {
    source: Source<'d>,
    /// The dotted name of its key.
    name: String,
    /// The byte of the text at which it stands.
    place: usize,
    value: &'d DeValue<'d>,
}

impl<'d> Entry<'d> {
    /// An error at this value; the sentence begins with the name of its key.
    pub fn error(&self, says: &str) -> PolicyError {
        self.source.error(self.place, format!("{} {says}.", self.name))
    }

    fn wrong_type(&self, wanted: &str) -> PolicyError {
        self.error(&format!("is of the type {}, but must be {wanted}", self.value.type_str()))
    }

    /// A table.
    pub fn section(&self) -> Result<Section<'d>> {
        let DeValue::Table(entries) = self.value else {
            return Err(self.wrong_type(&format!("a table; begin it with a line [{}]", self.name)));
        };
        Ok(Section {
            source: self.source,
            name: self.name.clone(),
            place: self.place,
            entries: Some(entries),
        })
    }

    /// A text of one line that is not blank.
    pub fn text(&self) -> Result<&'d str> {
        let DeValue::String(text) = self.value else {
            return Err(self.wrong_type("a text in quotes"));
        };
        if text.trim().is_empty() {
            return Err(self.error("is blank; write a text, or leave the key out where it may be left out"));
        }
        if text.contains(char::is_control) {
            return Err(
                self.error("has a line break or another control character; write it as one plain line")
            );
        }
        Ok(text)
    }

    /// Like [`Entry::text`], kept.
    pub fn owned_text(&self) -> Result<String> {
        self.text().map(str::to_owned)
    }

    /// A list, each item with its own line.
    pub fn list(&self) -> Result<Vec<Self>> {
        let DeValue::Array(items) = self.value else {
            return Err(self.wrong_type("a list of texts such as [\"a\", \"b\"]"));
        };
        let item = |(index, value): (usize, &'d toml::Spanned<DeValue<'d>>)| Self {
            source: self.source,
            name: format!("{}, item {},", self.name, index + 1),
            place: value.span().start,
            value: value.get_ref(),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("true or false, without quotes"))
    }

    /// A number of days, at most a century.
    pub fn days(&self) -> Result<u32> {
        let DeValue::Integer(number) = self.value else {
            return Err(self.wrong_type("a whole number of days, without quotes"));
        };
        let most = duration::LONGEST_IN_DAYS;
        let days = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|days| *days <= most);
        days.ok_or_else(|| self.error(&format!("is out of range; write a whole number from 0 to {most}")))
    }

    /// A duration such as `"90s"`.
    pub fn duration(&self) -> Result<Micros> {
        let remedy = "a whole number and one of s, m, h, d, such as \"90s\", and at most \"36500d\"";
        let DeValue::String(text) = self.value else {
            return Err(self.wrong_type(&format!("in quotes {remedy}")));
        };
        let bad = || self.error(&format!("is {}, which is no duration; write {remedy}", shown(text)));
        duration::parse(text).ok_or_else(bad)
    }

    /// An instant in RFC 3339, in quotes or without.
    pub fn moment(&self) -> Result<Moment> {
        let instant = self.datetime().filter(|it| {
            it.date.is_some() && it.offset.is_some() && it.time.is_some_and(|time| time.second.is_some())
        });
        let instant = instant.and_then(|it| it.to_string().parse::<Timestamp>().ok());
        let bad =
            || self.error("is no instant; write it like \"2026-01-31T00:00:00-06:00\", with the offset");
        Ok(Moment(instant.ok_or_else(bad)?.as_microsecond()))
    }

    /// A day as `YYYY-MM-DD`, in quotes or without.
    pub fn day(&self) -> Result<String> {
        let day = self.datetime().filter(|it| it.time.is_none() && it.offset.is_none());
        let day = day.and_then(|it| it.to_string().parse::<Date>().ok());
        let bad = || self.error("is no day; write it like \"2026-01-31\"");
        Ok(day.ok_or_else(bad)?.to_string())
    }

    /// The name of a time zone, in the spelling of the IANA database.
    pub fn timezone(&self) -> Result<String> {
        let name = self.text()?;
        let zone = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown());
        let bad = || {
            let known = "write a name of the IANA database such as \"America/Chicago\"";
            self.error(&format!("is {}, which is no known time zone; {known}", shown(name)))
        };
        Ok(zone.as_ref().and_then(|zone| zone.iana_name()).ok_or_else(bad)?.to_owned())
    }

    /// A date, a time or both, written as a text or as TOML's own kind of date.
    fn datetime(&self) -> Option<Datetime> {
        match self.value {
            DeValue::Datetime(datetime) => Some(*datetime),
            DeValue::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// A key as it is written in a dotted name: in quotes only where it must be.
fn bare(key: &str) -> String {
    let plain = key.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-".contains(&letter));
    if plain && !key.is_empty() { key.to_owned() } else { shown(key) }
}

/// A text of the file in quotes, shortened and harmless to print.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = text.chars().take(LONGEST).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{more}")
}
