//! The programs of `programs.py`, by name.

/// (name, program) in order.
pub fn programs() -> Vec<(String, String)> {
    let mut parts = include_str!("programs.py").split("\n#---- ");
    let start = parts.next().unwrap_or_default();
    let whole = |part: &str| {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        (name.to_owned(), format!("{start}\n{body}"))
    };
    parts.map(whole).collect()
}
