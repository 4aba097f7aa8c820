//! Header strings, read the plain way, for the second reading of the law.

use lastgood::wire::Timestamp;

/// The value of a field in `name:value` lines.
pub(crate) fn field<'f>(fields: &'f str, name: &str) -> Option<&'f str> {
    fields.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        (known == name).then_some(value.trim_ascii())
    })
}

/// The same, but nothing for an empty one.
pub(crate) fn filled<'f>(fields: &'f str, name: &str) -> Option<&'f str> {
    field(fields, name).filter(|value| !value.is_empty())
}

/// Directives of a `Cache-Control` value, names in lower case, quotes off.
pub(crate) fn directives(value: &str) -> Vec<(String, String)> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        quoted ^= c == '"';
        match c {
            ',' if !quoted => found.push(String::new()),
            _ => found.last_mut().expect("never empty").push(c),
        }
    }
    let split = |directive: &String| {
        let mut halves = directive.splitn(2, '=');
        let name = halves.next().unwrap_or("").trim_ascii().to_lowercase();
        let value = halves.next().unwrap_or("").trim_ascii().trim_matches('"');
        (name, value.to_owned())
    };
    found.iter().map(split).collect()
}

/// Seconds of a value; junk is zero, and no number is larger than 32 bits.
pub(crate) fn seconds(value: &str) -> i128 {
    let junk = value.is_empty() || value.contains(|c: char| !c.is_ascii_digit());
    let most = i128::from(u32::MAX);
    match junk {
        true => 0,
        false => value.parse().map_or(most, |secs: i128| secs.min(most)),
    }
}

/// The directives that hold for us (RFC 9213, 2.2): of the first targeted field
/// that is there and not broken, else of `Cache-Control`.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    directives: Vec<(String, String)>,
    /// They are those of a targeted field.
    pub(crate) targeted: bool,
}

impl Said {
    pub(crate) fn of(fields: &str) -> Self {
        let names = ["lastgood-cache-control", "cdn-cache-control"];
        let read = |name: &&str| dictionary(field(fields, name)?);
        match names.iter().find_map(read) {
            Some(directives) => Self {
                directives,
                targeted: true,
            },
            None => Self::plain(fields),
        }
    }

    /// Those of `Cache-Control`, which in a request is all there is.
    pub(crate) fn plain(fields: &str) -> Self {
        Self {
            directives: directives(field(fields, "cache-control").unwrap_or("")),
            targeted: false,
        }
    }

    /// Whether one of these words is there.
    pub(crate) fn says(&self, words: &[&str]) -> bool {
        let known = |(name, value): &(String, String)| {
            words.contains(&name.as_str()) && !(self.targeted && value == "?0")
        };
        self.directives.iter().any(known)
    }

    /// The value of a directive: the first one counts, and in a dictionary the last.
    pub(crate) fn value(&self, wanted: &str) -> Option<&str> {
        let mut its = self.directives.iter().filter(|(name, _)| name == wanted);
        let found = if self.targeted {
            its.next_back()
        } else {
            its.next()
        };
        found.map(|(_, value)| value.as_str())
    }

    /// Milliseconds of a directive.
    pub(crate) fn millis(&self, wanted: &str) -> Option<i128> {
        self.value(wanted).map(|value| match self.targeted {
            true => value.parse().unwrap_or(0) * 1000,
            false => seconds(value) * 1000,
        })
    }
}

/// Directives that have to be numbers.
const NUMBERS: [&str; 4] = [
    "max-age",
    "s-maxage",
    "stale-if-error",
    "stale-while-revalidate",
];

/// The members of a dictionary (RFC 8941, 3.2), if it is none that
/// [`is_plain`] does not know: keys alone, or with a number, a word or a truth.
fn dictionary(value: &str) -> Option<Vec<(String, String)>> {
    let members = value.trim_matches(' ').split(',');
    let read = |member: &str| {
        let member = member.trim_matches([' ', '\t']);
        let (name, value) = member.split_once('=').unwrap_or((member, "?1"));
        let digits = value.strip_prefix('-').unwrap_or(value);
        let number = (1..=15).contains(&digits.len()) && digits.parse::<u64>().is_ok();
        let positive = number && (digits == value || digits.parse() == Ok(0));
        let word = value.starts_with(|c: char| c.is_ascii_lowercase())
            && !value.contains([' ', '\t', '=', '?']);
        let typed = match NUMBERS.contains(&name) {
            true => positive,
            false => number || word || ["?0", "?1"].contains(&value),
        };
        let key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let named = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(key);
        let value = value.strip_prefix("-").unwrap_or(value);
        (typed && named).then(|| (name.to_owned(), value.to_owned()))
    };
    members.map(read).collect()
}

/// Whether the plain way is good enough for these fields: no dates of the two
/// forms that nobody should write any more, no structured fields with all that a
/// grammar has, no characters that are no header's, no backslashes.
pub(crate) fn is_plain(fields: &str) -> bool {
    let odd = |c: char| (c.is_control() && c != '\n') || c == '\\';
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || " ,=-?".contains(c);
    let dated = |name: &&str| {
        let value = field(fields, name).unwrap_or("");
        value.contains(':') && http_date(value).is_none()
    };
    let structured = |name: &&str| !field(fields, name).unwrap_or("").chars().all(lower);
    !fields.contains(odd)
        && !["date", "expires", "last-modified"].iter().any(dated)
        && !["lastgood-cache-control", "cdn-cache-control"]
            .iter()
            .any(structured)
}

/// Seconds since 1970 of an IMF-fixdate, day by day.
pub(crate) fn http_date(value: &str) -> Option<i128> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let number = |from: usize, to: usize| value.get(from..to)?.parse::<i128>().ok();
    if value.len() != 29 || !value.ends_with(" GMT") {
        return None;
    }
    let month = MONTHS.find(value.get(8..11)?)? / 3;
    let (day, year) = (number(5, 7)?, number(12, 16)?);
    let mut days = day - 1;
    for past in 1970..year {
        days += if is_leap(past) { 366 } else { 365 };
    }
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += lengths.iter().take(month).sum::<i128>();
    days += i128::from(month > 1 && is_leap(year));
    Some(days * 86_400 + number(17, 19)? * 3600 + number(20, 22)? * 60 + number(23, 25)?)
}

const fn is_leap(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// An IMF-fixdate of a time, found by trying day after day.
pub(crate) fn as_http_date(at: Timestamp) -> String {
    let secs = i128::from(at.as_millis() / 1000);
    let (mut year, mut left) = (1970, secs / 86_400);
    while left >= if is_leap(year) { 366 } else { 365 } {
        left -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let feb = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, feb, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        [usize::try_from(secs / 86_400 % 7).unwrap_or(0)];
    format!(
        "{weekday}, {:02} {} {year} {:02}:{:02}:{:02} GMT",
        left + 1,
        names[month],
        secs / 3600 % 24,
        secs / 60 % 60,
        secs % 60
    )
}
