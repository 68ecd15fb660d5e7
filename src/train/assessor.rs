//! Judging programs on worker threads while others are still being sampled.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use galley_core::{Assessment, Domain, DomainError, Task, assess};
use parking_lot::Mutex;

/// Renders and judges with a fixed number of threads. Harness faults are tried once more, then handed to the caller.
pub struct Assessor {
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

struct Job {
    index: usize,
    task: Arc<Task>,
    response: String,
    reply: Sender<Verdict>,
}

/// The judgement of job `index` of a [`Round`].
pub struct Verdict {
    pub index: usize,
    pub result: Result<Assessment, DomainError>,
    /// How long its thread was busy with it.
    pub seconds: f64,
}

impl Assessor {
    pub fn new(domain: Arc<dyn Domain>, workers: usize, deadline: Duration) -> Self {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let work = |_| {
            let (queue, domain) = (queue.clone(), domain.clone());
            std::thread::spawn(move || serve(&queue, &*domain, deadline))
        };
        Self { jobs: Some(jobs), workers: (0..workers.max(1)).map(work).collect() }
    }

    /// A set of jobs whose verdicts are collected together.
    pub fn round(&self) -> Round<'_> {
        let (reply, verdicts) = channel();
        Round { assessor: self, reply, verdicts, submitted: 0 }
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
        for worker in self.workers.drain(..) {
            // A worker that panicked has said so on standard error already.
            let _ = worker.join();
        }
    }
}

/// Jobs in flight.
pub struct Round<'a> {
    assessor: &'a Assessor,
    reply: Sender<Verdict>,
    verdicts: Receiver<Verdict>,
    submitted: usize,
}

impl Round<'_> {
    pub fn submit(&mut self, index: usize, task: Arc<Task>, response: String) {
        let job = Job { index, task, response, reply: self.reply.clone() };
        if let Some(jobs) = &self.assessor.jobs
            && jobs.send(job).is_ok()
        {
            self.submitted += 1;
        }
    }

    /// Waits for every verdict; they come back in the order of their indices.
    pub fn finish(self) -> Vec<Verdict> {
        let Self { reply, verdicts, submitted, .. } = self;
        drop(reply);
        let mut all: Vec<Verdict> = verdicts.iter().take(submitted).collect();
        all.sort_by_key(|verdict| verdict.index);
        all
    }
}

fn serve(queue: &Mutex<Receiver<Job>>, domain: &dyn Domain, deadline: Duration) {
    loop {
        let Ok(job) = queue.lock().recv() else { return };
        let began = Instant::now();
        let span = tracing::info_span!("assess", task = job.task.id.as_str()).entered();
        let once = || assess(domain, &job.task, &job.response, deadline);
        let result = once().or_else(|error| {
            tracing::warn!("{error}; trying {} once more", job.task.id);
            once()
        });
        drop(span);
        let seconds = began.elapsed().as_secs_f64();
        // Nobody waits any more when the round was dropped.
        let _ = job.reply.send(Verdict { index: job.index, result, seconds });
    }
}
