//! What ChartMimic's low-level metrics are computed from, as the hooked run recorded it.

use std::collections::BTreeMap;

use galley_core::Render;
use serde::{Deserialize, Serialize};

/// The style key of the figure's element under which a render carries its records, as JSON.
const KEY: &str = "chartmimic";

/// The records of one program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Records {
    /// As the evaluators of ChartMimic take them, at the end of the program.
    pub official: Official,
    /// As things are when the picture is taken.
    pub sound: Sound,
}

/// Rows, columns, first row, last row, first column, last column; from 0, ends included.
pub type Cell = [i64; 6];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Official {
    /// Strings in the order in which the PDF backend writes them.
    pub text: Vec<String>,
    pub layout: Vec<Cell>,
    /// What takes the place of `layout` for the family `graph`.
    pub graph_layout: Vec<Cell>,
    /// Calls by function.
    #[serde(rename = "type")]
    pub calls: BTreeMap<String, u64>,
    /// `<function>--<colour>`, each once.
    pub color: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    pub text: Vec<String>,
    pub layout: Vec<Cell>,
    #[serde(rename = "type")]
    pub calls: BTreeMap<String, u64>,
    pub color: Vec<String>,
}

impl Records {
    /// The records that a render carries.
    pub fn of(render: &Render) -> Option<Self> {
        serde_json::from_str(render.elements.first()?.style.get(KEY)?).ok()
    }

    /// Puts them into the style of the render's first element, the figure.
    pub fn attach(&self, render: &mut Render) {
        if let (Some(figure), Ok(text)) = (render.elements.first_mut(), serde_json::to_string(self)) {
            figure.style.insert(KEY.into(), text);
        }
    }
}
