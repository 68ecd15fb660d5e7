//! Judging programs on worker threads while others are still being sampled.
//!
//! A domain that panics or hangs costs the rollouts it was busy with, not the run: both become harness faults that name
//! the task. A panic is tried once more like any harness fault; a thread that hangs is given up and replaced.

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use galley_core::{Assessment, Domain, DomainError, Task, assess};
use parking_lot::Mutex;

/// Renders and judges with a fixed number of threads. Harness faults are tried once more, then handed to the caller.
pub struct Assessor {
    domain: Arc<dyn Domain>,
    deadline: Duration,
    /// How long nothing may be finished before what is still out counts as hanging.
    patience: Duration,
    jobs: Option<Sender<Job>>,
    queue: Arc<Mutex<Receiver<Job>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    /// How many judgements are made at once.
    pub threads: usize,
}

struct Job {
    index: usize,
    task: Arc<Task>,
    response: String,
    reply: Sender<Message>,
}

/// What a worker says about a job.
enum Message {
    Began(usize),
    Judged(Verdict),
}

/// The judgement of job `index` of a [`Round`].
pub struct Verdict {
    pub index: usize,
    pub result: Result<Assessment, DomainError>,
    /// How long its thread was busy with it.
    pub seconds: f64,
}

impl Assessor {
    /// Renderers keep `deadline` themselves; one that does not is given up after several times as long.
    pub fn new(domain: Arc<dyn Domain>, workers: usize, deadline: Duration) -> Self {
        let patience = deadline.saturating_mul(4).saturating_add(Duration::from_secs(20));
        Self::with_patience(domain, workers, deadline, patience)
    }

    fn with_patience(
        domain: Arc<dyn Domain>,
        workers: usize,
        deadline: Duration,
        patience: Duration,
    ) -> Self {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let (threads, workers) = (workers.max(1), Mutex::default());
        let assessor = Self { domain, deadline, patience, jobs: Some(jobs), queue, workers, threads };
        (0..threads).for_each(|_| assessor.hire());
        assessor
    }

    /// One more worker.
    fn hire(&self) {
        let (queue, domain, deadline) = (self.queue.clone(), self.domain.clone(), self.deadline);
        self.workers.lock().push(std::thread::spawn(move || serve(&queue, &*domain, deadline)));
    }

    /// A set of jobs whose verdicts are collected together.
    pub fn round(&self) -> Round<'_> {
        let (reply, messages) = channel();
        Round { assessor: self, reply, messages, open: BTreeMap::new() }
    }

    /// Judges all at once and waits.
    pub fn assess_all(&self, jobs: Vec<(Arc<Task>, String)>) -> Vec<Result<Assessment, DomainError>> {
        let mut round = self.round();
        for (index, (task, response)) in jobs.into_iter().enumerate() {
            round.submit(index, task, response);
        }
        round.finish().into_iter().map(|verdict| verdict.result).collect()
    }
}

impl Drop for Assessor {
    fn drop(&mut self) {
        self.jobs = None;
        let until = Instant::now() + self.patience;
        for worker in self.workers.lock().drain(..) {
            // A worker that hangs is left behind; it dies with the process.
            while !worker.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Jobs in flight.
pub struct Round<'a> {
    assessor: &'a Assessor,
    reply: Sender<Message>,
    messages: Receiver<Message>,
    /// What has no verdict yet: the task's id, and whether a worker has it.
    open: BTreeMap<usize, (String, bool)>,
}

impl Round<'_> {
    pub fn submit(&mut self, index: usize, task: Arc<Task>, response: String) {
        self.open.insert(index, (task.id.clone(), false));
        let job = Job { index, task, response, reply: self.reply.clone() };
        if let Some(jobs) = &self.assessor.jobs {
            // The receiver lives as long as the assessor: this cannot fail.
            let _ = jobs.send(job);
        }
    }

    /// Waits for every verdict; they come back in the order of their indices.
    pub fn finish(mut self) -> Vec<Verdict> {
        let mut all = Vec::with_capacity(self.open.len());
        while !self.open.is_empty() {
            match self.messages.recv_timeout(self.assessor.patience) {
                Ok(Message::Began(index)) => {
                    if let Some((_, begun)) = self.open.get_mut(&index) {
                        *begun = true;
                    }
                }
                Ok(Message::Judged(verdict)) => {
                    if self.open.remove(&verdict.index).is_some() {
                        all.push(verdict);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    all.extend(self.give_up());
                }
            }
        }
        all.sort_by_key(|verdict| verdict.index);
        all
    }

    /// Verdicts for the jobs that workers hang in, whose places are taken by new ones. Where no worker of this round has
    /// begun anything, those of another round hang: then all that is left is given up.
    fn give_up(&mut self) -> Vec<Verdict> {
        let begun: Vec<usize> =
            self.open.iter().filter(|(_, (_, begun))| *begun).map(|(at, _)| *at).collect();
        let hanging = if begun.is_empty() { self.open.keys().copied().collect() } else { begun };
        let waited = self.assessor.patience.as_secs_f64();
        let name = self.assessor.domain.name();
        let fault = |index: usize| {
            let (task, _) = self.open.remove(&index).unwrap_or_default();
            self.assessor.hire();
            let text = format!("the judgement of task {task} hangs: nothing came back for {waited:.1} s");
            Verdict { index, result: Err(DomainError::harness(name, text)), seconds: waited }
        };
        hanging.into_iter().map(fault).collect()
    }
}

fn serve(queue: &Mutex<Receiver<Job>>, domain: &dyn Domain, deadline: Duration) {
    loop {
        let Ok(job) = queue.lock().recv() else { return };
        // Nobody waits any more when the round was dropped.
        let _ = job.reply.send(Message::Began(job.index));
        let began = Instant::now();
        let span = tracing::info_span!("assess", task = job.task.id.as_str()).entered();
        let once = || unpanicked(domain, &job.task, || assess(domain, &job.task, &job.response, deadline));
        let result = once().or_else(|error| {
            tracing::warn!("{error}; trying {} once more", job.task.id);
            once()
        });
        drop(span);
        let seconds = began.elapsed().as_secs_f64();
        let _ = job.reply.send(Message::Judged(Verdict { index: job.index, result, seconds }));
    }
}

/// A panic of the domain's code as a harness fault that says what it said.
fn unpanicked<T>(
    domain: &dyn Domain,
    task: &Task,
    work: impl FnOnce() -> Result<T, DomainError>,
) -> Result<T, DomainError> {
    // Domains hold nothing that a panic leaves half done: their methods take `&self`.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = format!("the judgement of task {} panicked: {}", task.id, said(&*panic));
        Err(DomainError::harness(domain.name(), text))
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing")
}

#[cfg(test)]
mod tests {
    use galley_core::{
        DefectDetector, RegionMapper, Render, Renderer, Reward, Score, Span, Split, TaskSet,
        testing::toy::ToyDomain,
    };

    use super::*;

    /// The toy domain with a mistake in one place.
    struct Spoilt {
        toy: ToyDomain,
        mistake: &'static str,
    }

    impl Domain for Spoilt {
        fn name(&self) -> &'static str {
            "spoilt"
        }
        fn tasks(&self, split: Split) -> Result<Arc<dyn TaskSet>, DomainError> {
            self.toy.tasks(split)
        }
        fn renderer(&self) -> &dyn Renderer {
            self
        }
        fn detectors(&self) -> &[Box<dyn DefectDetector>] {
            self.toy.detectors()
        }
        fn mapper(&self) -> &dyn RegionMapper {
            self.toy.mapper()
        }
        fn reward(&self) -> &dyn Reward {
            self
        }
        fn program(&self, response: &str) -> Option<Span> {
            self.toy.program(response)
        }
    }

    impl Renderer for Spoilt {
        fn version(&self) -> String {
            self.toy.version()
        }
        fn render(&self, program: &str, deadline: Duration) -> Result<Render, DomainError> {
            if self.mistake == "render" && program.contains("hang") {
                std::thread::sleep(Duration::from_secs(3600));
            }
            self.toy.render(program, deadline)
        }
    }

    impl Reward for Spoilt {
        fn score(&self, task: &Task, render: &Render) -> Score {
            assert!(self.mistake != "reward", "no score for this page");
            self.toy.score(task, render)
        }
    }

    fn judged(mistake: &'static str, programs: &[&str]) -> Vec<Result<Assessment, DomainError>> {
        let domain = Arc::new(Spoilt { toy: ToyDomain::standard().unwrap(), mistake });
        let task = domain.tasks(Split::Train).unwrap().get(0).unwrap();
        let (deadline, patience) = (Duration::from_millis(10), Duration::from_millis(300));
        let assessor = Assessor::with_patience(domain, 1, deadline, patience);
        assessor.assess_all(programs.iter().map(|program| (task.clone(), (*program).to_owned())).collect())
    }

    #[test]
    fn a_reward_that_panics_is_a_harness_fault_with_its_words() {
        let verdicts = judged("reward", &["rect 1 1 5 5 #f00\n", "rect 1 1 5 5 #f00\n"]);
        for verdict in verdicts {
            let error = verdict.expect_err("a fault").to_string();
            assert!(error.contains("panicked") && error.contains("no score for this page"), "{error}");
        }
    }

    #[test]
    fn a_render_that_hangs_is_named_and_the_others_are_judged() {
        let verdicts = judged("render", &["rect hang", "rect 1 1 5 5 #f00\n", "rect 2 2 5 5 #f00\n"]);
        let error = verdicts[0].as_ref().expect_err("it hangs").to_string();
        assert!(error.contains("hangs") && error.contains("toy-"), "{error}");
        assert!(verdicts[1..].iter().all(Result::is_ok));
    }
}
