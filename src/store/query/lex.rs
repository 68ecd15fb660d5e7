//! Words of a filter.

use super::error::QueryError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// `metrics.loss`, ``tags.`a b` ``, `AND`: parts between dots as they are written, quoted ones without quotes.
    Word(String),
    Number(f64),
    /// In single or double quotes.
    Text(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `(`, `)`, `,`.
    Sign(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Byte of the text and count of bytes.
    pub(super) at: usize,
    pub(super) length: usize,
}

const SIGNS: [(&str, &str); 13] = [
    ("==", "="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    (",", ","),
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (kind, length) = token(text, at, c)?;
        tokens.push(Token { kind, at, length });
        at += length;
    }
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<(Kind, usize), QueryError> {
    let rest = &text[at..];
    if matches!(first, '\'' | '"') {
        let (inner, length) = quoted(text, at, first)?;
        return Ok((Kind::Text(inner), length));
    }
    if let Some((written, sign)) = SIGNS.iter().find(|(written, _)| rest.starts_with(written)) {
        return Ok((Kind::Sign(sign), written.len()));
    }
    if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
        let part_of_number = |&(at, c): &(usize, char)| {
            let exponent = at > 0 && matches!(rest.as_bytes()[at - 1], b'e' | b'E');
            c.is_ascii_alphanumeric() || c == '.' || (matches!(c, '-' | '+') && (at == 0 || exponent))
        };
        let length = rest.char_indices().take_while(part_of_number).map(|(at, c)| at + c.len_utf8()).last();
        let length = length.unwrap_or(first.len_utf8());
        return match rest[..length].parse() {
            Ok(number) => Ok((Kind::Number(number), length)),
            Err(_) => Err(QueryError::new(text, at, length, format!("`{}` is no number", &rest[..length]))),
        };
    }
    word(text, at)
}

/// Plain characters and quoted parts behind a dot: ``tags.`a b` ``, `params."x"`.
fn word(text: &str, start: usize) -> Result<(Kind, usize), QueryError> {
    let (mut word, mut at) = (String::new(), start);
    while let Some(c) = text[at..].chars().next() {
        let quoted_part = c == '`' || (matches!(c, '"' | '\'') && word.ends_with('.'));
        if quoted_part {
            let (inner, length) = quoted(text, at, c)?;
            word.push_str(&inner);
            at += length;
        } else if c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ':' | '@' | '%' | '+') {
            word.push(c);
            at += c.len_utf8();
        } else {
            break;
        }
    }
    if at == start {
        let c = text[at..].chars().next().unwrap_or(' ');
        return Err(QueryError::new(text, at, c.len_utf8(), format!("`{c}` means nothing here")));
    }
    Ok((Kind::Word(word), at - start))
}

fn quoted(text: &str, at: usize, quote: char) -> Result<(String, usize), QueryError> {
    match text[at + 1..].find(quote) {
        Some(end) => Ok((text[at + 1..at + 1 + end].to_owned(), end + 2)),
        None => Err(QueryError::new(text, at, text.len() - at, format!("the quote {quote} is not closed"))),
    }
}
