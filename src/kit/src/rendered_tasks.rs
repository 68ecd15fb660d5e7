//! The set of tasks that reference programs become.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{DomainError, Image, Part, Prompt, Reference, Render, Skipped, Task, TaskSet};

use crate::{References, map_indices, memo::Memo, store::decode};

/// Bytes of pictures that one set keeps in memory: training asks for a task once an epoch, so more would only pile up.
const MEMORY: usize = 32 << 20;

/// What a task asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub id: String,
    pub program: String,
    /// A picture that stands for the render's.
    pub picture: Option<PathBuf>,
    /// Facets for slicing results.
    pub labels: BTreeMap<String, String>,
}

/// Tasks whose prompt is the target's picture and an instruction. References are rendered when they are first asked
/// for and kept on disk; a bounded part of them stays in memory.
pub struct RenderedTasks {
    entries: Vec<Wanted>,
    skipped: Vec<Skipped>,
    references: Arc<References>,
    instruction: String,
    memo: Memo<Task>,
}

impl RenderedTasks {
    /// Nothing is rendered yet: a program that fails later is a fault of the harness. `skipped` is handed on.
    pub fn new(
        entries: Vec<Wanted>,
        skipped: Vec<Skipped>,
        references: Arc<References>,
        instruction: &str,
    ) -> Self {
        Self { entries, skipped, references, instruction: instruction.into(), memo: Memo::new(MEMORY) }
    }

    /// Renders everything with `workers` threads and moves what cannot be used to the skipped ones.
    ///
    /// # Errors
    /// Harness faults of the renderer.
    pub fn checked(mut self, workers: usize) -> Result<Self, DomainError> {
        let outcomes = map_indices("references rendered", self.entries.len(), workers, |index| {
            self.target(&self.entries[index]).map(|target| target.err())
        });
        let mut usable = Vec::with_capacity(self.entries.len());
        for (outcome, entry) in outcomes.into_iter().zip(std::mem::take(&mut self.entries)) {
            match outcome? {
                None => usable.push(entry),
                Some(reason) => self.skipped.push(Skipped { id: entry.id, reason }),
            }
        }
        self.skipped.sort_by(|a, b| a.id.cmp(&b.id));
        self.entries = usable;
        Ok(self)
    }

    /// Renders in order until `count` can be used, and forgets the rest. Comes with how many were tried.
    ///
    /// # Errors
    /// Harness faults of the renderer.
    pub fn first(mut self, count: usize, workers: usize) -> Result<(Self, usize), DomainError> {
        let (mut usable, mut tried) = (Vec::new(), 0);
        let entries = std::mem::take(&mut self.entries);
        while usable.len() < count && tried < entries.len() {
            let batch = &entries[tried..entries.len().min(tried + count - usable.len())];
            let outcomes = map_indices("references rendered", batch.len(), workers, |index| {
                self.target(&batch[index]).map(|target| target.err())
            });
            tried += batch.len();
            for (outcome, entry) in outcomes.into_iter().zip(batch) {
                match outcome? {
                    None => usable.push(entry.clone()),
                    Some(reason) => self.skipped.push(Skipped { id: entry.id.clone(), reason }),
                }
            }
        }
        self.entries = usable;
        Ok((self, tried))
    }

    /// With more that was left out.
    #[must_use]
    pub fn and_skipped(mut self, more: impl IntoIterator<Item = Skipped>) -> Self {
        self.skipped.extend(more);
        self.skipped.sort_by(|a, b| a.id.cmp(&b.id));
        self
    }

    /// Renders the given tasks' references with `workers` threads, so that later `get`s are fast.
    ///
    /// # Errors
    /// Harness faults of the renderer.
    pub fn prefetch(&self, indices: &[usize], workers: usize) -> Result<(), DomainError> {
        map_indices("references rendered", indices.len(), workers, |at| self.get(indices[at]).map(drop))
            .into_iter()
            .collect()
    }

    /// What it should look like, or why it cannot be used.
    fn target(&self, entry: &Wanted) -> Result<Result<Render, String>, DomainError> {
        let render = self.references.render(&entry.program)?;
        if !render.ok() {
            let fault = render.faults.first().map_or("no picture", |fault| &fault.message);
            return Ok(Err(format!("the program does not render: {fault}")));
        }
        let Some(path) = &entry.picture else { return Ok(Ok(render)) };
        Ok(match read_picture(path) {
            Ok(image) => Ok(Render { image: Some(Arc::new(image)), ..render }),
            Err(reason) => Err(format!("the picture {} is unreadable: {reason}", path.display())),
        })
    }

    fn make(&self, entry: &Wanted) -> Result<Task, DomainError> {
        let render = self.target(entry)?.map_err(|reason| {
            DomainError::harness("reference renderer", format!("task {}: {reason}", entry.id))
        })?;
        Ok(Task {
            id: entry.id.clone(),
            prompt: self.prompt(render.image.as_ref()),
            reference: Some(Reference { program: Some(entry.program.clone()), render: Arc::new(render) }),
            labels: entry.labels.clone(),
        })
    }

    fn prompt(&self, image: Option<&Arc<Image>>) -> Prompt {
        let text = Some(&self.instruction).filter(|text| !text.is_empty());
        let parts = image.cloned().map(Part::Image).into_iter();
        Prompt { parts: parts.chain(text.cloned().map(Part::Text)).collect() }
    }
}

impl TaskSet for RenderedTasks {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError> {
        if let Some(task) = self.memo.get(index) {
            return Ok(task);
        }
        let entry = self.entries.get(index).ok_or_else(|| {
            DomainError::harness("task set", format!("there is no task {index} of {}", self.entries.len()))
        })?;
        let task = Arc::new(self.make(entry)?);
        self.memo.insert(index, task.clone(), weight(&task));
        Ok(task)
    }

    fn skipped(&self) -> Vec<Skipped> {
        self.skipped.clone()
    }
}

fn weight(task: &Task) -> usize {
    let image = task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
    image.map_or(0, |image| image.rgb.len())
}

fn read_picture(path: &Path) -> Result<Image, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    decode(&bytes).map_err(|error| error.to_string())
}
