//! A few warm interpreters, lent to any number of threads.

use std::{
    io,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;

use crate::{Language, Mechanisms, Outcome, zygote::Zygote};

/// Why a job could not be run; never the program's fault.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// No worker can be started.
    #[error("{interpreter} does not start as a worker: {source}")]
    Start { interpreter: String, source: io::Error },
}

/// Workers start when they are first needed, and again when they died or have done their share.
#[derive(Debug)]
pub struct Pool {
    language: Language,
    mechanisms: Mechanisms,
    recycle: u64,
    free: Mutex<Vec<Option<Zygote>>>,
    freed: Condvar,
}

impl Pool {
    /// `workers` at most, each replaced after `recycle` jobs.
    pub fn new(language: Language, mechanisms: Mechanisms, workers: usize, recycle: u64) -> Self {
        let free = Mutex::new((0..workers.max(1)).map(|_| None).collect());
        Self { language, mechanisms, recycle: recycle.max(1), free, freed: Condvar::new() }
    }

    pub fn mechanisms(&self) -> Mechanisms {
        self.mechanisms
    }

    /// Runs a job in the next free worker, within `budget` from then on: how it ended, and its CPU seconds.
    ///
    /// A worker that dies or does not answer soon after the deadline is replaced, and the job tried once more; a job that
    /// brings down two workers is taken to be the reason.
    ///
    /// # Errors
    /// Where no worker can be started.
    pub fn run(&self, job: &Value, budget: Duration) -> Result<(Outcome, f64), PoolError> {
        let mut seat = self.sit();
        let mut late = false;
        for _ in 0..2 {
            match seat.zygote()?.run(job, budget) {
                Ok(done) => return Ok(done),
                Err(error) => {
                    seat.zygote = None;
                    late = error.kind() == io::ErrorKind::TimedOut;
                }
            }
        }
        let outcome = if late { Outcome::Late } else { Outcome::Died { signal: libc::SIGKILL, code: 0 } };
        Ok((outcome, 0.0))
    }

    /// What the language says of itself; starts a worker if there is none.
    ///
    /// # Errors
    /// Where no worker can be started.
    pub fn about(&self) -> Result<Value, PoolError> {
        Ok(self.sit().zygote()?.about().clone())
    }

    /// Process ids of the idle workers, for tests and measurements.
    pub fn workers(&self) -> Vec<u32> {
        self.lock().iter().flatten().map(Zygote::id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Zygote>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free seat; one with a warm worker goes first.
    fn sit(&self) -> Seat<'_> {
        let mut free = self.lock();
        loop {
            let at = free.iter().position(Option::is_some).or(free.len().checked_sub(1));
            if let Some(at) = at {
                return Seat { pool: self, zygote: free.remove(at) };
            }
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A seat taken; given back on drop, with the worker that is then in it.
struct Seat<'a> {
    pool: &'a Pool,
    zygote: Option<Zygote>,
}

impl Seat<'_> {
    fn zygote(&mut self) -> Result<&mut Zygote, PoolError> {
        let fit = |zygote: &Zygote| zygote.jobs < self.pool.recycle && zygote.is_running();
        if !self.zygote.as_ref().is_some_and(fit) {
            // The old one goes before the new one comes.
            self.zygote = None;
        }
        match &mut self.zygote {
            Some(zygote) => Ok(zygote),
            empty => {
                let start = Zygote::start(&self.pool.language, self.pool.mechanisms);
                let fault = |source| PoolError::Start {
                    interpreter: self.pool.language.interpreter.display().to_string(),
                    source,
                };
                Ok(empty.insert(start.map_err(fault)?))
            }
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.pool.lock().push(self.zygote.take());
        self.pool.freed.notify_one();
    }
}
