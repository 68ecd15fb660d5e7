//! What one slide should say.

use std::{collections::BTreeMap, sync::Arc};

use galley_core::{DomainError, Part, Prompt, Task, TaskSet};

/// A prompt with its name. Two briefs of one set never share an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub id: String,
    /// What the policy reads; the texts that have to be on the slide stand in double quotes.
    pub prompt: String,
    /// A program that says them, in no particular layout.
    pub demonstration: Option<String>,
    /// Facets for slicing results.
    pub labels: BTreeMap<String, String>,
}

impl Brief {
    /// The id is `<family>-<first eight hexadecimal digits of the prompt's BLAKE3>`: the same in every run.
    pub fn new(family: &str, difficulty: u8, prompt: String, demonstration: String) -> Self {
        let hash = blake3::hash(prompt.as_bytes()).to_hex();
        let labels = BTreeMap::from([
            ("family".into(), family.to_owned()),
            ("difficulty".into(), difficulty.to_string()),
        ]);
        Self { id: format!("{family}-{}", &hash[..8]), prompt, demonstration: Some(demonstration), labels }
    }

    /// `instruction` follows the brief, where there is one.
    fn task(&self, instruction: &str) -> Task {
        let texts = [self.prompt.as_str(), instruction].into_iter().filter(|text| !text.is_empty());
        let parts = vec![Part::Text(texts.collect::<Vec<_>>().join("\n"))];
        Task { id: self.id.clone(), prompt: Prompt { parts }, reference: None, labels: self.labels.clone() }
    }
}

/// Briefs as a set of tasks without references.
pub struct Briefs {
    tasks: Vec<Arc<Task>>,
}

impl Briefs {
    pub fn new(briefs: &[Brief], instruction: &str) -> Self {
        Self { tasks: briefs.iter().map(|brief| Arc::new(brief.task(instruction))).collect() }
    }
}

impl TaskSet for Briefs {
    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError> {
        self.tasks.get(index).cloned().ok_or_else(|| {
            DomainError::harness("task set", format!("there is no task {index} of {}", self.tasks.len()))
        })
    }
}
