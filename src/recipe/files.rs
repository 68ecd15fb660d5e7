//! A recipe file and the ones that it extends.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    RecipeError, RecipeErrors,
    document::{self, Node, NodeKind},
    layer::{Layers, Rank},
    source::{Place, Source, SourceKind},
};

/// Reads `path` and its bases into layers, weakest first, with the profile tables in their places.
pub(super) fn read(path: &Path, layers: &mut Layers) -> Result<Vec<RecipeError>, RecipeErrors> {
    let text = text(path, None)?;
    from_text(path, text, layers)
}

/// As [`read`], with the text of the first file given.
pub(super) fn from_text(
    path: &Path,
    text: String,
    layers: &mut Layers,
) -> Result<Vec<RecipeError>, RecipeErrors> {
    let mut errors = Vec::new();
    let mut chain = Vec::new();
    let mut seen = vec![identity(path)];
    let mut next = Some((path.to_path_buf(), text));
    while let Some((path, text)) = next.take() {
        let source = Arc::new(Source { kind: SourceKind::File(path.clone()), text });
        let mut root = document::parse(&source)?;
        if let Some(extends) = root.take("extends") {
            let base = base_of(&path, &extends)?;
            if seen.contains(&identity(&base)) {
                let message = format!("`extends` runs in a circle: {} is already included", base.display());
                return Err(RecipeError::new(message, Some(extends.value)).into());
            }
            seen.push(identity(&base));
            next = Some((base.clone(), self::text(&base, Some(extends.value))?));
        }
        chain.push((profiles(&mut root, &mut errors), root));
    }
    for (profiles, root) in chain.into_iter().rev() {
        layers.push(root, Rank::File);
        for (name, table) in profiles {
            layers.push(table, Rank::Profile(name));
        }
    }
    Ok(errors)
}

fn profiles(root: &mut Node, errors: &mut Vec<RecipeError>) -> Vec<(String, Node)> {
    let Some(table) = root.take("profile") else {
        return Vec::new();
    };
    let NodeKind::Table(entries) = table.kind else {
        errors.push(RecipeError::new("`profile`: expected tables such as [profile.cpu]", Some(table.value)));
        return Vec::new();
    };
    let mut kept = Vec::new();
    for (name, node) in entries {
        let reserved = ["default", "global"].contains(&name.to_lowercase().as_str());
        if reserved || !matches!(node.kind, NodeKind::Table(_)) {
            let message = format!(
                "`profile.{name}`: {}",
                if reserved { "a reserved name" } else { "expected a table" }
            );
            errors.push(RecipeError::new(message, Some(node.key)));
        } else {
            kept.push((name, node));
        }
    }
    kept
}

fn base_of(path: &Path, extends: &Node) -> Result<PathBuf, RecipeError> {
    match extends.to_value().as_str() {
        Some(base) => Ok(path.parent().unwrap_or(Path::new("")).join(base)),
        None => {
            Err(RecipeError::new("`extends`: expected the path of a recipe", Some(extends.value.clone())))
        }
    }
}

fn text(path: &Path, named_at: Option<Place>) -> Result<String, RecipeError> {
    std::fs::read_to_string(path).map_err(|error| {
        RecipeError::new(format!("cannot read the recipe {}: {error}", path.display()), named_at)
    })
}

/// The same for two spellings of one path.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
