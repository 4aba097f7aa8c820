//! A configuration as it comes: whatever a host can hand over.
//!
//! Reading into this first, and only then into a [`Policy`](super::Policy), is
//! what lets the checker name every wrong field in one go; a derived
//! deserialiser stops at the first.

use crate::wire::json;
use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// A value of JSON's kinds. With the feature `edge` on it can be read and written by serde.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A table, in the order in which it was written.
    Table(Vec<(String, Self)>),
}

impl fmt::Display for Value {
    /// As JSON would have it, cut after a few dozen characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(&decimal(*value)),
            Self::Text(text) => f.write_str(&json::string(&shortened(text))),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().take(8).enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str(if items.len() > 8 { ", …]" } else { "]" })
            }
            Self::Table(_) => f.write_str("a table"),
        }
    }
}

/// A number with up to three decimals. The standard library's own printing of
/// floats, exact to the last bit, weighs more than all of this module.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float saturates, and no limit here comes near that"
)]
pub(super) fn decimal(number: f64) -> String {
    let thousandths = (number * 1000.0) as i64;
    let (sign, thousandths) = (thousandths < 0, thousandths.unsigned_abs());
    let mut text = String::from(if sign { "-" } else { "" });
    push_digits(&mut text, thousandths / 1000);
    let rest = thousandths % 1000;
    if rest > 0 {
        text.push('.');
        for digit in [rest / 100, rest / 10 % 10, rest % 10] {
            push_digits(&mut text, digit);
        }
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

fn push_digits(text: &mut String, number: u64) {
    if number >= 10 {
        push_digits(text, number / 10);
    }
    let digit = u8::try_from(number % 10).unwrap_or_default();
    text.push(char::from(b'0' | digit));
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => String::from(text),
    }
}

#[cfg(any(feature = "edge", feature = "playground", test))]
mod serde_impls {
    use super::Value;
    use alloc::{string::String, vec::Vec};
    use core::fmt;
    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    use serde::ser::{Serialize, Serializer};

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Null => serializer.serialize_unit(),
                Self::Bool(value) => serializer.serialize_bool(*value),
                Self::Number(value) => serializer.serialize_f64(*value),
                Self::Text(text) => serializer.serialize_str(text),
                Self::List(items) => serializer.collect_seq(items),
                Self::Table(entries) => {
                    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
                }
            }
        }
    }

    impl<'de> Deserialize<'de> for Value {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Reader)
        }
    }

    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a configuration value")
        }

        fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
            Ok(Value::Bool(value))
        }

        #[expect(clippy::cast_precision_loss, reason = "no limit here comes near 2^53")]
        fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
            Ok(Value::Number(value as f64))
        }

        #[expect(clippy::cast_precision_loss, reason = "no limit here comes near 2^53")]
        fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
            Ok(Value::Number(value as f64))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
            Ok(Value::Number(value))
        }

        fn visit_str<E>(self, value: &str) -> Result<Value, E> {
            Ok(Value::Text(String::from(value)))
        }

        fn visit_unit<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_none<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(Value::List(list))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
            let mut table = Vec::new();
            while let Some(entry) = entries.next_entry()? {
                table.push(entry);
            }
            Ok(Value::Table(table))
        }
    }
}
