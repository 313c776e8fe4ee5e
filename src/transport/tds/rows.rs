//! Tables of a database as records.
//!
//! What the server tells exactly stays exact: numbers with a decimal point are text, never floating point. A value
//! that cannot be read is a hole in its row, not the end of the answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tiberius::numeric::Numeric;
use tiberius::time::{DateTime2, Time};
use tiberius::{Column, ColumnData, ColumnType, Row};

use crate::facts::{Absence, Cause, FactValue, Record};
use crate::transport::clip;

/// The columns of an answer.
#[derive(Debug, PartialEq)]
pub(super) struct Columns(Vec<(Arc<str>, ColumnType)>);

impl Columns {
    /// Takes the columns when each has a name of its own; an error says what is wrong with them.
    pub(super) fn of(columns: &[Column]) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        for (at, column) in columns.iter().enumerate() {
            let name = column.name();
            if name.is_empty() {
                return Err(format!(
                    "column {} of the answer has no name; write `AS name` behind it",
                    at + 1
                ));
            }
            if !seen.insert(name) {
                let name = clip(name);
                return Err(format!(
                    "two columns of the answer are named {name}; write `AS name` behind one"
                ));
            }
        }
        let named = |column: &Column| (Arc::from(column.name()), column.column_type());
        Ok(Self(columns.iter().map(named).collect()))
    }

    /// Whether rows of another table fit in here.
    pub(super) fn same_names(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| a.0 == b.0)
    }

    /// One row; nothing when it has not as many values as there are columns.
    pub(super) fn record(&self, row: Row, endpoint: &Arc<str>) -> Option<Record> {
        if row.len() != self.0.len() {
            return None;
        }
        let values = self.0.iter().zip(row);
        let fields = values.map(|((name, kind), data)| {
            let value = value(*kind, data).unwrap_or_else(|why| {
                let detail = format!("{}: {why}", clip(name));
                FactValue::absent(Absence::new(Cause::Malformed, Arc::clone(endpoint), detail))
            });
            (Arc::clone(name), value)
        });
        Some(fields.collect())
    }
}

type Value = Result<FactValue, &'static str>;

fn value(kind: ColumnType, data: ColumnData<'static>) -> Value {
    use ColumnData as D;
    let found = match data {
        D::U8(n) => n.map(|n| Ok(FactValue::Int(n.into()))),
        D::I16(n) => n.map(|n| Ok(FactValue::Int(n.into()))),
        D::I32(n) => n.map(|n| Ok(FactValue::Int(n.into()))),
        D::I64(n) => n.map(|n| Ok(FactValue::Int(n))),
        D::Bit(b) => b.map(|b| Ok(FactValue::Bool(b))),
        D::F32(n) => n.map(|n| Ok(FactValue::text(float(&format!("{n:?}"))))),
        D::F64(n) => n.map(|n| double(kind, n)),
        D::Numeric(n) => n.map(|n| Ok(FactValue::text(decimal(n)))),
        D::String(t) => t.map(|t| text(kind, &t)),
        D::Xml(x) => x.map(|x| text(kind, x.as_ref().as_ref())),
        D::Binary(b) => b.map(|b| Ok(FactValue::Bytes(b.as_ref().into()))),
        D::Guid(g) => g.map(|g| Ok(FactValue::text(g.to_string().to_uppercase()))),
        D::DateTime(t) => t.map(|t| {
            // three hundredths of a second
            let nanos = i64::from(t.seconds_fragments()) * 10_000_000 / 3;
            moment(days_after(1900, t.days().into()), nanos)
        }),
        D::SmallDateTime(t) => t.map(|t| {
            let minutes = i64::from(t.seconds_fragments());
            moment(days_after(1900, t.days().into()), minutes * 60_000_000_000)
        }),
        D::DateTime2(t) => t.map(moment2),
        // the moment itself is in UTC, the offset says only how it was shown
        D::DateTimeOffset(t) => t.map(|t| moment2(t.datetime2())),
        D::Date(d) => d.map(|d| {
            let day = days_after(1, d.days().into()).ok_or(NO_TIME)?;
            Ok(FactValue::text(day.to_string()))
        }),
        D::Time(t) => t.map(clock),
    };
    found.unwrap_or(Ok(FactValue::Nothing))
}

const NO_TIME: &str = "this is no date or time";
const MONEY: &str = "so much money cannot be read exactly; write CAST(... AS decimal(19, 4))";
const VARIANT: &str = "a number in a variant cannot be read exactly; write CAST(... AS ...)";
const CODE_PAGE: &str = "a text in a code page cannot be read for certain; write CAST(... AS nvarchar(4000))";
const NO_TEXT: &str = "the text has characters that are none: broken when it was stored or converted";

fn text(kind: ColumnType, text: &str) -> Value {
    use ColumnType as C;
    // the mark that takes the place of what could not be read
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(NO_TEXT);
    }
    // the library takes UTF-8 for the code page of the same language
    if matches!(kind, C::BigVarChar | C::BigChar | C::Text | C::SSVariant) && !text.is_ascii() {
        return Err(CODE_PAGE);
    }
    Ok(FactValue::text(text))
}

fn double(kind: ColumnType, number: f64) -> Value {
    match kind {
        // comes as a whole number of ten-thousandths, which the library divides
        ColumnType::Money | ColumnType::Money4 => {
            let exact = (number * 1e4).round();
            if exact.abs() >= 9_007_199_254_740_992.0 {
                return Err(MONEY);
            }
            #[expect(clippy::cast_possible_truncation, reason = "it was just compared")]
            Ok(FactValue::text(scaled(exact as i128, 4)))
        }
        ColumnType::SSVariant => Err(VARIANT),
        _ => Ok(FactValue::text(float(&format!("{number:?}")))),
    }
}

/// As short as it can be and still be the same number.
fn float(shown: &str) -> &str {
    shown.strip_suffix(".0").unwrap_or(shown)
}

fn decimal(number: Numeric) -> String {
    scaled(number.value(), number.scale().into())
}

fn scaled(value: i128, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{part}")
}

fn days_after(year: i16, days: i64) -> Option<civil::Date> {
    let days = SignedDuration::from_hours(days.checked_mul(24)?);
    civil::date(year, 1, 1).checked_add(days).ok()
}

/// A time without a zone is taken as one in UTC.
fn moment(date: Option<civil::Date>, nanos: i64) -> Value {
    let time = (|| -> Option<Timestamp> {
        let midnight = date?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        midnight.checked_add(SignedDuration::from_nanos(nanos)).ok()
    })();
    time.map(FactValue::Time).ok_or(NO_TIME)
}

fn moment2(time: DateTime2) -> Value {
    let nanos = nanos(time.time()).ok_or(NO_TIME)?;
    moment(days_after(1, time.date().days().into()), nanos)
}

fn nanos(time: Time) -> Option<i64> {
    let factor = 10_u64.checked_pow(9_u32.checked_sub(time.scale().into())?)?;
    i64::try_from(time.increments().checked_mul(factor)?).ok()
}

fn clock(time: Time) -> Value {
    let since = nanos(time).ok_or(NO_TIME)?;
    let clock = civil::Time::midnight().checked_add(SignedDuration::from_nanos(since));
    clock
        .map(|clock| FactValue::text(clock.to_string()))
        .map_err(|_| NO_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use tiberius::time::{Date, DateTime, DateTimeOffset, SmallDateTime};

    fn shown(kind: ColumnType, data: ColumnData<'static>) -> String {
        match value(kind, data) {
            Ok(value) => format!("{} {value}", value.kind()),
            Err(why) => why.to_owned(),
        }
    }

    #[track_caller]
    fn all(values: Vec<(ColumnType, ColumnData<'static>, &str)>) {
        for (kind, data, expected) in values {
            assert_eq!(shown(kind, data), expected);
        }
    }

    #[test]
    fn numbers_become_facts_without_loss() {
        use ColumnData as D;
        let numeric = |value, scale| D::Numeric(Some(Numeric::new_with_scale(value, scale)));
        all(vec![
            (ColumnType::Int1, D::U8(Some(255)), "int 255"),
            (
                ColumnType::Int8,
                D::I64(Some(i64::MIN)),
                "int -9223372036854775808",
            ),
            (ColumnType::Intn, D::I32(None), "nothing none"),
            (ColumnType::Bitn, D::Bit(Some(true)), "bool yes"),
            (ColumnType::Numericn, numeric(123_456, 3), "text 123.456"),
            (ColumnType::Numericn, numeric(-5, 2), "text -0.05"),
            (
                ColumnType::Numericn,
                numeric(i128::MAX, 0),
                "text 170141183460469231731687303715884105727",
            ),
            (ColumnType::Money, D::F64(Some(-1234.5)), "text -1234.5000"),
            (ColumnType::Money, D::F64(Some(1e12)), MONEY),
            (ColumnType::SSVariant, D::F64(Some(1.5)), VARIANT),
            (ColumnType::Float8, D::F64(Some(0.1)), "text 0.1"),
            (ColumnType::Float8, D::F64(Some(1e300)), "text 1e300"),
            (ColumnType::Float4, D::F32(Some(3.0)), "text 3"),
        ]);
    }

    #[test]
    fn texts_and_bytes_become_facts() {
        use ColumnData as D;
        let guid = tiberius::Uuid::from_u128(0xabc);
        all(vec![
            (
                ColumnType::NVarchar,
                D::String(Some("ä\u{1F600}".into())),
                "text ä\u{1F600}",
            ),
            (ColumnType::NVarchar, D::String(Some("a\u{FFFD}".into())), NO_TEXT),
            (
                ColumnType::BigVarBin,
                D::Binary(Some(Cow::Owned(vec![1, 255]))),
                "bytes 0x01ff",
            ),
            (
                ColumnType::Guid,
                D::Guid(Some(guid)),
                "text 00000000-0000-0000-0000-000000000ABC",
            ),
        ]);
    }

    #[test]
    fn times_become_facts() {
        use ColumnData as D;
        let second = DateTime2::new(Date::new(730_119), Time::new(1_234_567, 7));
        let shown_in_zone = DateTimeOffset::new(second, 120);
        all(vec![
            (
                ColumnType::Datetime,
                D::DateTime(Some(DateTime::new(46_269, 13_588_801))),
                "time 2026-09-06T12:34:56.003333333Z",
            ),
            (
                ColumnType::Datetime4,
                D::SmallDateTime(Some(SmallDateTime::new(1, 61))),
                "time 1900-01-02T01:01:00Z",
            ),
            (
                ColumnType::Datetime2,
                D::DateTime2(Some(second)),
                "time 2000-01-01T00:00:00.1234567Z",
            ),
            (
                ColumnType::DatetimeOffsetn,
                D::DateTimeOffset(Some(shown_in_zone)),
                "time 2000-01-01T00:00:00.1234567Z",
            ),
            (
                ColumnType::Daten,
                D::Date(Some(Date::new(730_119))),
                "text 2000-01-01",
            ),
            (
                ColumnType::Timen,
                D::Time(Some(Time::new(36_610, 1))),
                "text 01:01:01",
            ),
            (ColumnType::Timen, D::Time(Some(Time::new(u64::MAX, 7))), NO_TIME),
            (ColumnType::Daten, D::Date(Some(Date::new(0x00ff_ffff))), NO_TIME),
            (
                ColumnType::Datetime,
                D::DateTime(Some(DateTime::new(i32::MIN, 0))),
                NO_TIME,
            ),
        ]);
    }

    #[test]
    fn columns_have_names_of_their_own() {
        let columns = |names: &[&str]| {
            let columns: Vec<_> = names
                .iter()
                .map(|name| Column::new((*name).to_owned(), ColumnType::Intn))
                .collect();
            Columns::of(&columns)
        };
        assert!(columns(&["a", "A", "b"]).is_ok());
        assert!(
            columns(&["a", ""])
                .unwrap_err()
                .starts_with("column 2 of the answer has no name")
        );
        assert!(
            columns(&["a", "b", "a"])
                .unwrap_err()
                .starts_with("two columns of the answer are named a")
        );
        assert!(columns(&["a"]).unwrap().same_names(&columns(&["a"]).unwrap()));
        assert!(
            !columns(&["a"])
                .unwrap()
                .same_names(&columns(&["a", "b"]).unwrap())
        );
    }
}
