//! What a program looks like: the picture, the elements on it, and the program's faults.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{DomainError, Image, Region, Span};

/// Turns a program into a picture.
///
/// Rendering is a function: the same program under the same [`Renderer::version`] gives the same bytes, whatever was
/// rendered before or beside it. Called from many threads at once.
pub trait Renderer: Send + Sync {
    /// Names everything that can change the result (tool versions, viewport, fonts); part of every cache key.
    fn version(&self) -> String;

    /// Renders within `deadline` (wall clock). What the program does wrong is a [`Fault`] in the result.
    ///
    /// # Errors
    /// Only for faults of the harness (a dead browser, a full disk); those rollouts are excluded, never scored.
    fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError>;
}

/// The outcome of rendering one program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Render {
    /// `None` exactly when the program failed.
    pub image: Option<Arc<Image>>,
    /// Visible elements in document order (parents before children).
    pub elements: Vec<Element>,
    pub faults: Vec<Fault>,
}

impl Render {
    /// A program that produced no picture.
    pub fn failed(fault: Fault) -> Self {
        Self { image: None, elements: Vec::new(), faults: vec![fault] }
    }

    /// Whether the program executed and gave a picture (`r_exec`).
    pub fn ok(&self) -> bool {
        self.image.is_some()
    }

    /// The canvas: the whole picture as a region.
    pub fn canvas(&self) -> Region {
        self.image.as_ref().map_or(Region::new(0.0, 0.0, 0.0, 0.0), |image| {
            Region::new(0.0, 0.0, f64::from(image.width), f64::from(image.height))
        })
    }
}

/// One drawn thing, with the statement that made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Index of the parent in [`Render::elements`].
    pub parent: Option<usize>,
    /// Tag name, artist class or shape type, lower case.
    pub kind: String,
    /// The source statement that made it; `None` for things that no statement of the program names.
    pub span: Option<Span>,
    /// Its box on the canvas.
    pub region: Region,
    /// Its own text (not its children's), white space folded; empty when it has none.
    pub text: String,
    /// The box of its own text, where it has any.
    pub text_region: Option<Region>,
    /// Resolved style by property name, e.g. `color` = `rgb(1, 2, 3)`; which names are present is the domain's choice.
    pub style: BTreeMap<String, String>,
}

/// Something the program did wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// The error as the toolchain words it (traceback, browser message); shown to the teacher.
    pub message: String,
    /// Where in the program, when known.
    pub span: Option<Span>,
}

impl Fault {
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), span: None }
    }

    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// There is no program in the response.
    NoProgram,
    /// It does not parse.
    Syntax,
    /// It raised while running.
    Runtime,
    /// It ran past its deadline or another limit.
    Limit,
    /// It does what the recipe forbids (it carries the picture that it should draw).
    Forbidden,
    /// It ran and drew nothing.
    Blank,
    /// It ran and drew, but complained (a console error); the render still counts.
    Warning,
}
