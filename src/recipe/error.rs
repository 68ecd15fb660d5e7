//! What is wrong with a recipe, all of it at once, each with its place.

use std::fmt;

use super::source::Place;

/// One mistake of the person who wrote the recipe.
#[derive(Clone, Debug)]
pub struct RecipeError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead; may be empty.
    pub help: String,
    pub(super) place: Option<Place>,
}

impl RecipeError {
    pub(super) fn new(message: impl Into<String>, place: Option<Place>) -> Self {
        Self { message: message.into(), help: String::new(), place }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// `file:line:column`, `command line: …` or `environment: …`; `None` where nothing was written (a default).
    pub fn place(&self) -> Option<String> {
        self.place.as_ref().map(Place::label)
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.place {
            Some(place) => write!(f, "\n{}", place.excerpt(&self.help)),
            None if self.help.is_empty() => Ok(()),
            None => write!(f, "\n  help: {}", self.help),
        }
    }
}

/// Every mistake that was found; never empty. `Display` is the complete text for the terminal; `main` answers with exit
/// code 2.
#[derive(Clone, Debug)]
pub struct RecipeErrors {
    pub errors: Vec<RecipeError>,
}

impl From<RecipeError> for RecipeErrors {
    fn from(error: RecipeError) -> Self {
        Self { errors: vec![error] }
    }
}

impl fmt::Display for RecipeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "{error}\n")?;
        }
        let count = self.errors.len();
        write!(f, "{count} {} in the recipe", if count == 1 { "mistake" } else { "mistakes" })
    }
}

impl std::error::Error for RecipeErrors {}
