//! The tasks of one split, asked for one by one.

use std::{sync::Arc, time::Duration};

use galley_core::{DomainError, Part, Prompt, Reference, Render, Split, Task, TaskSet};
use galley_kit::Memo;

use crate::{
    client::Client,
    wire::{AskedPart, Given},
};

/// Bytes of pictures that one set keeps in memory.
const MEMORY: usize = 64 << 20;

/// Tasks by index; those used last stay in memory.
pub struct Tasks {
    client: Arc<Client>,
    split: Split,
    count: usize,
    instruction: String,
    memo: Memo<Task>,
}

impl Tasks {
    pub fn new(client: Arc<Client>, split: Split, instruction: &str) -> Self {
        let count = client.hello().tasks[usize::from(split == Split::HeldOut)];
        Self { client, split, count, instruction: instruction.into(), memo: Memo::new(MEMORY) }
    }

    fn make(&self, given: Given) -> Result<Task, DomainError> {
        let render = match (given.render, &given.program) {
            (Some(render), _) => Some(render),
            (None, Some(program)) => Some(self.target(&given.id, program)?),
            (None, None) => None,
        };
        let reference = render.map(|render| Reference { program: given.program, render: Arc::new(render) });
        let prompt = match given.prompt {
            Some(parts) => parts.into_iter().map(part).collect(),
            None => self.shown(reference.as_ref()),
        };
        Ok(Task { id: given.id, prompt: Prompt { parts: prompt }, reference, labels: given.labels })
    }

    fn target(&self, id: &str, program: &str) -> Result<Render, DomainError> {
        let render = self.client.render(program, Duration::MAX)?;
        if render.ok() {
            return Ok(render);
        }
        let fault = render.faults.first().map_or("no picture", |fault| &fault.message);
        let tool = format!("`{}`", self.client.command());
        Err(DomainError::harness(tool, format!("the reference of task `{id}` does not render: {fault}")))
    }

    fn shown(&self, reference: Option<&Reference>) -> Vec<Part> {
        let image = reference.and_then(|reference| reference.render.image.clone()).map(Part::Image);
        let text = Some(&self.instruction).filter(|text| !text.is_empty()).cloned().map(Part::Text);
        image.into_iter().chain(text).collect()
    }
}

impl TaskSet for Tasks {
    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError> {
        if let Some(task) = self.memo.get(index) {
            return Ok(task);
        }
        if index >= self.count {
            return Err(DomainError::harness(
                "task set",
                format!("there is no task {index} of {}", self.count),
            ));
        }
        let task = Arc::new(self.make(self.client.task(self.split, index)?)?);
        let image = task.reference.as_ref().and_then(|reference| reference.render.image.as_ref());
        self.memo.insert(index, task.clone(), image.map_or(1024, |image| 1024 + image.rgb.len()));
        Ok(task)
    }
}

fn part(part: AskedPart) -> Part {
    match part {
        AskedPart::Text(text) => Part::Text(text),
        AskedPart::Image(image) => Part::Image(Arc::new(image)),
    }
}
