//! Canonical JSON, RFC 8785, for the values that an entry may hold: everything but numbers with a fraction.
//!
//! Two programs that write the same entry must write the same bytes, or a commitment could not be opened. The
//! RFC writes numbers as ECMAScript does; for whole numbers within ±(2^53 - 1) that is plain decimal, and
//! nothing in custody needs another number, so others are refused rather than rounded.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use crate::entry::EntryError;

/// The largest whole number that every reader of JSON keeps exactly: 2^53 - 1.
pub(crate) const LARGEST: i64 = 9_007_199_254_740_991;

/// How deep facts may be nested; more is a mistake, and would let a text exhaust the stack.
const DEEPEST: usize = 16;

/// Writes an object with its members in the order of RFC 8785.
pub(crate) fn object(members: &Map<String, Value>) -> Result<String, EntryError> {
    let mut writer = Writer { out: String::with_capacity(256), fact: "" };
    writer.object(members, 0)?;
    Ok(writer.out)
}

struct Writer<'a> {
    out: String,
    /// The member of the outermost object that is being written, for errors.
    fact: &'a str,
}

impl<'a> Writer<'a> {
    fn object(&mut self, members: &'a Map<String, Value>, depth: usize) -> Result<(), EntryError> {
        let mut sorted: Vec<_> = members.iter().collect();
        // RFC 8785, 3.2.3: by UTF-16 code units, which differs from the order of UTF-8 beyond U+FFFF.
        sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        self.out.push('{');
        for (place, (name, value)) in sorted.into_iter().enumerate() {
            if depth == 0 {
                self.fact = name;
            }
            if place > 0 {
                self.out.push(',');
            }
            self.text(name);
            self.out.push(':');
            self.value(value, depth + 1)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn value(&mut self, value: &'a Value, depth: usize) -> Result<(), EntryError> {
        if depth > DEEPEST {
            return Err(EntryError::TooDeep { fact: self.fact.into(), deepest: DEEPEST });
        }
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Number(number) => self.number(number)?,
            Value::String(text) => self.text(text),
            Value::Array(values) => {
                self.out.push('[');
                for (place, value) in values.iter().enumerate() {
                    if place > 0 {
                        self.out.push(',');
                    }
                    self.value(value, depth + 1)?;
                }
                self.out.push(']');
            }
            Value::Object(members) => self.object(members, depth)?,
        }
        Ok(())
    }

    fn number(&mut self, number: &Number) -> Result<(), EntryError> {
        let whole = number.as_i64().filter(|whole| (-LARGEST..=LARGEST).contains(whole));
        match whole {
            Some(whole) => write!(self.out, "{whole}").map_err(|_| EntryError::NotCanonical),
            None => Err(EntryError::Number { fact: self.fact.into(), number: number.to_string() }),
        }
    }

    /// RFC 8785, 3.2.2.2: the two-character escapes where there is one, `\u00xx` for other controls, else as
    /// is.
    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\t' => self.out.push_str("\\t"),
                '\n' => self.out.push_str("\\n"),
                '\u{c}' => self.out.push_str("\\f"),
                '\r' => self.out.push_str("\\r"),
                control if control < ' ' => {
                    let digit = |value: u32| char::from_digit(value, 16).unwrap_or('0');
                    let code = u32::from(control);
                    self.out.extend(['\\', 'u', '0', '0', digit(code >> 4), digit(code & 15)]);
                }
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }
}
