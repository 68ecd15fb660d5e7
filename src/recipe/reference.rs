//! The documentation of every key, taken from the doc comments in `config`.

use std::{collections::BTreeMap, fmt::Write};

use galley_core::Registry;
use serde_json::{Map, Value};

use super::{annotate, schema};

/// A complete recipe with every key at its default and its documentation above it: what `galley recipe schema` prints.
/// Loads as a recipe.
pub fn reference(registry: &Registry) -> String {
    let mut text = String::new();
    if let Value::Object(entries) = schema::defaults(registry) {
        section(&entries, "", "RunConfig", &documentation(), &mut text);
    }
    text
}

const SOURCE: [&str; 12] = [
    include_str!("config/mod.rs"),
    include_str!("config/domain.rs"),
    include_str!("config/policy.rs"),
    include_str!("config/sampling.rs"),
    include_str!("config/warm_start.rs"),
    include_str!("config/teacher.rs"),
    include_str!("config/objective.rs"),
    include_str!("config/train.rs"),
    include_str!("config/eval.rs"),
    include_str!("config/guard.rs"),
    include_str!("config/render.rs"),
    include_str!("config/store.rs"),
];

/// Documentation and type of a field, by `Struct.key`, and documentation of a struct, by `Struct`.
type Documentation = BTreeMap<String, (Vec<&'static str>, &'static str)>;

/// Reads the one form in which `config` is written: doc comments, `pub struct`, and one field per line.
fn documentation() -> Documentation {
    let (mut all, mut comments, mut owner) = (Documentation::new(), Vec::new(), "");
    for line in SOURCE.iter().flat_map(|text| text.lines()).map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            comments.push(comment.trim());
        } else if let Some((name, _)) = line.strip_prefix("pub struct ").and_then(|rest| rest.split_once(' '))
        {
            owner = name;
            all.insert(name.into(), (std::mem::take(&mut comments), ""));
        } else if let Some((field, kind)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")) {
            let key = format!("{owner}.{}", field.replace('_', "-"));
            all.insert(key, (std::mem::take(&mut comments), kind.trim_end_matches(',')));
        } else if !line.starts_with("#[") {
            comments.clear();
        }
    }
    all
}

fn section(entries: &Map<String, Value>, path: &str, owner: &str, docs: &Documentation, text: &mut String) {
    let of = |key: &str| docs.get(&format!("{owner}.{key}"));
    if !path.is_empty() {
        let _infallible = writeln!(text);
        comment(docs.get(owner).map_or(&[][..], |(lines, _)| lines), text);
        let _infallible = writeln!(text, "[{path}]");
    }
    for (key, value) in entries.iter().filter(|(_, value)| !value.is_object()) {
        comment(of(key).map_or(&[][..], |(lines, _)| lines), text);
        let _infallible = match value {
            Value::Null => writeln!(text, "# {key} ="),
            value => writeln!(text, "{key} = {}", annotate::inline(value)),
        };
    }
    for (key, value) in entries {
        if let Value::Object(below) = value {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            section(below, &path, of(key).map_or("", |(_, kind)| kind), docs, text);
        }
    }
}

fn comment(lines: &[&str], text: &mut String) {
    for line in lines {
        let _infallible = writeln!(text, "# {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Sources, parse};

    #[test]
    fn the_reference_is_the_default_recipe_with_documentation() {
        let registry = Registry::new().with(galley_core::testing::toy::ENTRY);
        let text = reference(&registry);
        let overrides = vec!["domain.name=toy".into()];
        let sources = Sources { overrides, ..Sources::default() };
        let recipe = parse(&text, &sources, &registry).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let plain = parse("", &sources, &registry).unwrap();
        assert_eq!(recipe.hash(), plain.hash());
        assert!(text.contains(
            "# Step of the moving average, `ema` only; 5 % is known to collapse.\nema-rate = 0.01\n"
        ));
        assert!(text.contains("\n# Visual-SDPO §2.3–2.4.\n[objective.visual-sdpo]\n"), "{text}");
        assert!(text.contains("# A model id on the hub.\n# hub =\n"));
    }
}
