//! Reads the texts of all languages, and writes them down as Rust.
//!
//! A text that is missing, or that has another placeholder than the rest of the
//! program fills in, is an error of the build: no visitor ever meets it.

/// What a file says of its language.
const FACTS: [&str; 4] = ["name", "reviewed", "direction", "zero"];
/// Every text: what it is for, and the placeholder that it must have.
const TEXTS: [(&str, &str, &str); 52] = [
    ("saved", "A page is a copy of this age.", "{age}"),
    ("why", "Why a copy is shown.", ""),
    (
        "hide",
        "On the button that takes something out of sight.",
        "",
    ),
    ("failing", "Heading: the answer was none.", ""),
    ("busy", "Heading: too much to do.", ""),
    ("slow", "Heading: too late.", ""),
    ("unreachable", "Heading: no connection.", ""),
    ("circles", "Heading: a loop.", ""),
    ("maintenance", "Heading: meant to be down.", ""),
    (
        "disconnected",
        "Heading, and in a notice: it is the visitor's own device.",
        "",
    ),
    ("fault", "Whose fault it is not.", ""),
    ("since", "How long it has lasted.", "{age}"),
    ("usual", "How long it lasts as a rule.", "{age}"),
    ("back_at", "When it is to be over.", "{time}"),
    ("later", "When to come back.", "{age}"),
    ("sent", "It may have been carried out.", ""),
    ("unsent", "It was not carried out.", ""),
    ("back", "On the link to the form.", ""),
    ("resend", "On the button that sends a form once more.", ""),
    ("where", "What the picture is of.", ""),
    ("device", "Its first place.", ""),
    ("edge", "Its second place.", ""),
    ("server", "Its third place.", ""),
    ("works", "A place without a fault.", ""),
    ("fails", "The place with the fault.", ""),
    ("serviced", "The place that is worked on.", ""),
    ("again", "On the button that tries again.", ""),
    ("next", "How long until then.", "{age}"),
    ("pause", "On the button that holds it.", ""),
    ("resume", "On the button that goes on.", ""),
    ("stop", "On the button that ends it.", ""),
    ("trying", "It is tried.", ""),
    ("down", "It was tried in vain.", ""),
    ("up", "It is over.", ""),
    ("paused", "It is held.", ""),
    ("stopped", "It was ended.", ""),
    ("offline", "It waits for the device.", ""),
    ("elsewhere", "Another tab tries.", ""),
    ("remedies", "Heading of what follows.", ""),
    ("wait", "First remedy.", ""),
    ("connection", "Remedy: one's own connection.", ""),
    ("other", "Remedy: another device.", ""),
    ("cache", "Remedy: what the browser keeps.", ""),
    ("contact", "Remedy: to write to somebody.", ""),
    ("links", "Heading of links.", ""),
    ("quote", "What to quote.", "{id}"),
    ("admins", "Heading of what is for administrators.", ""),
    ("unavailable", "In place of a picture.", ""),
    ("seconds", "An age in seconds.", "{n}"),
    ("minutes", "An age in minutes.", "{n}"),
    ("hours", "An age in hours.", "{n}"),
    ("days", "An age in days.", "{n}"),
];
/// What is spoken with those who read nothing else of ours.
const DEFAULT: &str = "en";

/// The languages, each by its tag and the text of its file, and the text of the
/// file of their other names: as `LANGUAGES` (`alone` the default), `DEFAULT`, `TAGS` of
/// all, `ALIASES`, the names of all texts, `Text`, and as they are written, `KEYS`.
pub(crate) fn compile(
    languages: &[(String, String)],
    aliases: &str,
    alone: bool,
) -> Result<String, String> {
    if languages.iter().all(|(tag, _)| tag != DEFAULT) {
        return Err(format!("`{DEFAULT}` is missing"));
    }
    let mut code = String::new();
    let mut all = Vec::new();
    for (tag, text) in languages {
        let language = language(tag, text).map_err(|wrong| format!("{tag}: {wrong}"))?;
        if alone && tag != DEFAULT {
            continue;
        }
        // One by one, so that who speaks one of them only does not carry the others.
        let name = tag.replace('-', "_").to_uppercase();
        code.push_str(&format!("static {name}: Language = {language};\n"));
        all.push(format!("&{name}"));
    }
    let (count, all) = (all.len(), all.join(", "));
    code.push_str(&format!(
        "static LANGUAGES: [&Language; {count}] = [{all}];\n"
    ));
    let default = DEFAULT.to_uppercase();
    code.push_str(&format!("static DEFAULT: &Language = &{default};\n"));
    let tags: Vec<&str> = languages.iter().map(|(tag, _)| tag.as_str()).collect();
    code.push_str(&format!("const TAGS: &[&str] = &{tags:?};\n"));
    let keys = TEXTS.map(|(key, _, _)| key);
    code.push_str(&format!("const KEYS: [&str; {}] = {keys:?};\n", keys.len()));
    code.push_str("const ALIASES: &[(&str, &str)] = &[\n");
    for (alias, tag) in pairs(aliases)? {
        if !languages.iter().any(|(known, _)| known == tag) {
            return Err(format!(
                "aliases: {alias} = {tag}, which is no language here"
            ));
        }
        if languages.iter().any(|(known, _)| known == alias) {
            return Err(format!("aliases: {alias} is a language itself"));
        }
        code.push_str(&format!("({alias:?}, {tag:?}),\n"));
    }
    code.push_str("];\n");
    Ok(code + &names())
}

fn language(tag: &str, text: &str) -> Result<String, String> {
    let pairs = pairs(text)?;
    let mut known = FACTS.iter().chain(TEXTS.iter().map(|(key, _, _)| key));
    if let Some((key, _)) = pairs
        .iter()
        .find(|(key, _)| known.clone().all(|it| it != key))
    {
        return Err(format!("`{key}` is no text of ours"));
    }
    let value = |key: &str| pairs.iter().find(|(given, _)| *given == key).map(|it| it.1);
    if let Some(key) = known.find(|key| value(key).is_none_or(str::is_empty)) {
        return Err(format!("`{key}` is missing"));
    }
    let value = |key: &str| value(key).unwrap_or_default();
    let right_to_left = one_of(value("direction"), ["ltr", "rtl"])?;
    one_of(value("reviewed"), ["no", "yes"])?;
    let mut zero = value("zero").chars();
    let (Some(zero), None) = (zero.next(), zero.next()) else {
        return Err("`zero` is one digit".into());
    };
    let mut texts = Vec::new();
    for (key, _, placeholder) in TEXTS {
        has_only(value(key), placeholder).map_err(|wrong| format!("`{key}`: {wrong}"))?;
        texts.push(value(key));
    }
    let mut end = 0_usize;
    let ends: Vec<usize> = texts
        .iter()
        .map(|text| {
            end = text.len().saturating_add(end);
            end
        })
        .collect();
    let texts = texts.concat();
    Ok(format!(
        "Language {{ tag: {tag:?}, right_to_left: {right_to_left}, zero: {zero:?}, texts: {texts:?}, ends: &{ends:?} }}"
    ))
}

/// The texts by name.
fn names() -> String {
    let mut code = String::from("#[derive(Clone, Copy, Debug)]\npub(super) enum Text {\n");
    for (key, about, _) in TEXTS {
        code.push_str(&format!("/// {about}\n{},\n", variant(key)));
    }
    code + "}\n"
}

/// `back_at` as `BackAt`.
fn variant(key: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_uppercase() + rest
    };
    key.split('_').map(capital).collect()
}

/// Whether a value is the second of two.
fn one_of(value: &str, choice: [&str; 2]) -> Result<bool, String> {
    match choice.iter().position(|it| *it == value) {
        Some(place) => Ok(place == 1),
        None => Err(format!(
            "`{value}` is neither {} nor {}",
            choice[0], choice[1]
        )),
    }
}

/// A text has its placeholder once, and no other.
fn has_only(value: &str, placeholder: &str) -> Result<(), String> {
    let rest = match placeholder {
        "" => value.to_owned(),
        _ if value.matches(placeholder).count() != 1 => {
            return Err(format!("{placeholder} has to be there once"));
        }
        _ => value.replace(placeholder, ""),
    };
    match rest.contains(['{', '}']) {
        true => Err("a placeholder that nobody fills in".into()),
        false => Ok(()),
    }
}

/// `key = text` lines; `#` begins a comment.
fn pairs(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let pair = line
            .split_once('=')
            .ok_or_else(|| format!("`{line}` is not `key = text`"))?;
        let (key, value) = (pair.0.trim(), pair.1.trim());
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(format!("`{key}` is there twice"));
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}
