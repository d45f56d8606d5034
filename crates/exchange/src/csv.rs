//! Splitting CSV text (RFC 4180) into records and fields.
//!
//! A quote opens a quoted field only at the field's start, and `""` inside stands for one quote. Line ends are
//! `\n` or `\r\n`. White space around values is dropped. A line of white space alone is no record.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memrchr};

/// Where the last whole record of `text` ends, if one does: the position after its line end. `text` begins
/// at the start of a record.
pub(crate) fn end_of_last_record(text: &[u8]) -> Option<usize> {
    if memchr(b'"', text).is_none() {
        return memrchr(b'\n', text).map(|at| at + 1);
    }
    let (mut at, mut end) = (0, None);
    while let Some(rest) = text.get(at..) {
        let rest = match skip_quotes(rest) {
            Quoted::No => rest,
            Quoted::Closed(after) => {
                at += after;
                rest.get(after..).unwrap_or_default()
            }
            Quoted::Open => break,
        };
        let Some(stop) = memchr2(b',', b'\n', rest) else {
            break;
        };
        at += stop + 1;
        if rest.get(stop) == Some(&b'\n') {
            end = Some(at);
        }
    }
    end
}

enum Quoted {
    No,
    /// The position after the closing quote.
    Closed(usize),
    Open,
}

/// Looks whether a field that begins here is quoted, and where the quotes end.
fn skip_quotes(field: &[u8]) -> Quoted {
    if field.first() != Some(&b'"') {
        return Quoted::No;
    }
    let mut at = 1;
    while let Some(quote) = field.get(at..).and_then(|rest| memchr(b'"', rest)) {
        at += quote + 1;
        if field.get(at) != Some(&b'"') {
            return Quoted::Closed(at);
        }
        at += 1;
    }
    Quoted::Open
}

/// The records of a text, one after the other.
pub(crate) struct Records<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    separators: Separators,
    /// Whether the text has neither quotes nor `\r`.
    simple: bool,
    /// Where the last record began, and whether its values stand in the text just as they are.
    from: usize,
    plain: bool,
}

impl<'a> Records<'a> {
    /// The records of `text`, which begins with a record on line `line`.
    pub fn new(text: &'a str, line: u64) -> Self {
        let simple = memchr2(b'"', b'\r', text.as_bytes()).is_none();
        let separators = Separators::from(text.as_bytes(), 0);
        Self { text, at: 0, line, separators, simple, from: 0, plain: false }
    }

    /// Reads the next record into `fields` and answers the line on which it begins.
    pub fn next(&mut self, fields: &mut Vec<Cow<'a, str>>) -> Option<u64> {
        loop {
            if self.at >= self.text.len() {
                return None;
            }
            fields.clear();
            let line = self.line;
            (self.from, self.plain) = (self.at, self.simple);
            while self.field(fields) {}
            self.line += 1;
            if !matches!(fields.as_slice(), [only] if only.is_empty()) {
                return Some(line);
            }
        }
    }

    /// Whether a value of the last record may span lines.
    pub fn may_span_lines(&self) -> bool {
        !self.simple
    }

    /// The text of the last record, if its values are what stands between its commas.
    pub fn plain(&self) -> Option<&'a str> {
        self.text.get(self.from..self.at.checked_sub(1)?.min(self.text.len())).filter(|_| self.plain)
    }

    /// Reads one field; answers whether the record goes on after it.
    #[inline]
    fn field(&mut self, fields: &mut Vec<Cow<'a, str>>) -> bool {
        let text = self.text;
        if text.as_bytes().get(self.at) == Some(&b'"') {
            return self.quoted_field(fields);
        }
        let stop = self.separators.next(text.as_bytes()).unwrap_or(text.len());
        let value = text.get(self.at..stop).unwrap_or_default();
        let trimmed = trim(value);
        self.plain &= trimmed.len() == value.len();
        fields.push(Cow::Borrowed(trimmed));
        self.at = stop + 1;
        text.as_bytes().get(stop) == Some(&b',')
    }

    fn quoted_field(&mut self, fields: &mut Vec<Cow<'a, str>>) -> bool {
        let text = self.text;
        let rest = text.get(self.at..).unwrap_or_default();
        let close = match skip_quotes(rest.as_bytes()) {
            Quoted::Closed(after) => after,
            Quoted::No | Quoted::Open => rest.len(),
        };
        self.line += memchr_iter(b'\n', rest.get(..close).unwrap_or_default().as_bytes()).count() as u64;
        let tail = rest.get(close..).unwrap_or_default();
        let (length, more) = match memchr2(b',', b'\n', tail.as_bytes()) {
            Some(stop) => (stop, tail.as_bytes().get(stop) == Some(&b',')),
            None => (tail.len(), false),
        };
        let inside = rest.get(1..close.saturating_sub(1).max(1)).unwrap_or_default();
        let after = trim(tail.get(..length).unwrap_or_default());
        fields.push(if inside.contains('"') || !after.is_empty() {
            let mut value = inside.replace("\"\"", "\"");
            value.push_str(after);
            Cow::Owned(trim(&value).to_owned())
        } else {
            Cow::Borrowed(trim(inside))
        });
        self.at += close + length + 1;
        self.separators = Separators::from(text.as_bytes(), self.at);
        more
    }
}

/// Finds commas and line ends eight bytes at a time.
struct Separators {
    /// Where the word that is being looked at begins.
    word: usize,
    /// The high bit of each byte of the word that is a separator and has not been answered yet.
    found: u64,
}

const LOW_BITS: u64 = 0x7F7F_7F7F_7F7F_7F7F;

impl Separators {
    fn from(text: &[u8], at: usize) -> Self {
        Self { word: at, found: Self::look(text, at) }
    }

    /// The high bits of the bytes at `at` that are a comma or a line end.
    #[inline]
    fn look(text: &[u8], at: usize) -> u64 {
        let word = if let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            *word
        } else {
            let rest = text.get(at..).unwrap_or_default();
            std::array::from_fn(|n| rest.get(n).copied().unwrap_or(0))
        };
        let word = u64::from_le_bytes(word);
        let is = |byte: u8| {
            let other = word ^ (u64::from(byte) * 0x0101_0101_0101_0101);
            !(((other & LOW_BITS) + LOW_BITS) | other | LOW_BITS)
        };
        is(b',') | is(b'\n')
    }

    /// The place of the next separator.
    #[inline]
    fn next(&mut self, text: &[u8]) -> Option<usize> {
        while self.found == 0 {
            self.word += 8;
            if self.word >= text.len() {
                return None;
            }
            self.found = Self::look(text, self.word);
        }
        let at = self.word + (self.found.trailing_zeros() / 8) as usize;
        self.found &= self.found - 1;
        Some(at)
    }
}

/// Without the white space at both ends.
#[inline]
fn trim(value: &str) -> &str {
    let plain = |b: Option<&u8>| b.is_none_or(|b| (0x21..0x80).contains(b));
    if plain(value.as_bytes().first()) && plain(value.as_bytes().last()) { value } else { value.trim() }
}

/// A value as a CSV field, quoted where it must be.
pub(crate) fn push_field(out: &mut Vec<u8>, value: &str) {
    let special = |b: u8| b == b',' || b == b'"' || b == b'\n' || b == b'\r';
    if !value.bytes().fold(false, |found, b| found | special(b)) && trim(value).len() == value.len() {
        out.extend_from_slice(value.as_bytes());
        return;
    }
    out.push(b'"');
    for part in value.split_inclusive('"') {
        out.extend_from_slice(part.as_bytes());
        if part.ends_with('"') {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(u64, Vec<String>)> {
        let (mut records, mut fields, mut all) = (Records::new(text, 1), Vec::new(), Vec::new());
        while let Some(line) = records.next(&mut fields) {
            all.push((line, fields.iter().map(ToString::to_string).collect()));
        }
        all
    }

    #[test]
    fn quotes_line_ends_and_blank_lines() {
        let text = "a, b ,c\r\n\n\"x\ny\",\"say \"\"hi\"\"\",5\" pipe\r\nlast,,";
        assert_eq!(
            read(text),
            [
                (1, vec!["a".into(), "b".into(), "c".into()]),
                (3, vec!["x\ny".into(), "say \"hi\"".into(), "5\" pipe".into()]),
                (5, vec!["last".into(), String::new(), String::new()]),
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            rows in prop::collection::vec(prop::collection::vec("[a-c\",\n é]{0,6}", 2..5), 1..6),
            cut in 0usize..200,
        ) {
            let mut text = Vec::new();
            for row in &rows {
                for (at, value) in row.iter().enumerate() {
                    if at > 0 { text.push(b','); }
                    push_field(&mut text, value);
                }
                text.push(b'\n');
            }
            let text = String::from_utf8(text).unwrap();
            let trimmed: Vec<Vec<String>> =
                rows.iter().map(|r| r.iter().map(|v| v.trim().to_owned()).collect()).collect();
            prop_assert_eq!(read(&text).into_iter().map(|(_, r)| r).collect::<Vec<_>>(), trimmed.clone());
            // Cutting the text anywhere, the whole records before the cut are found, and no half one.
            let cut = cut.min(text.len());
            if let Some(end) = end_of_last_record(&text.as_bytes()[..cut]) {
                let whole = read(&text[..end]).into_iter().map(|(_, r)| r).collect::<Vec<_>>();
                prop_assert_eq!(whole.as_slice(), &trimmed[..whole.len()]);
                prop_assert!(text.as_bytes()[end - 1] == b'\n');
            }
        }
    }
}
