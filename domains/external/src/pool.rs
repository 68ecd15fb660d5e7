//! A few copies of the program, lent to any number of threads.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use serde_json::{Map, Value};

use crate::{
    error::{Failure, WorkerError},
    wire::{Field, Hello, WrongField},
    worker::{Start, Worker},
};

/// Copies start when they are first needed, and again when they failed.
#[derive(Debug)]
pub struct Pool {
    start: Start,
    hello: Hello,
    free: Mutex<Vec<Option<Worker>>>,
    freed: Condvar,
}

impl Pool {
    /// Starts one copy, to know what it can do.
    ///
    /// # Errors
    /// Where it does not introduce itself.
    pub fn new(start: Start, workers: usize) -> Result<Self, Failure> {
        let (first, hello) = Worker::start(&start)?;
        let mut free: Vec<Option<Worker>> = (1..workers.max(1)).map(|_| None).collect();
        free.push(Some(first));
        Ok(Self { start, hello, free: Mutex::new(free), freed: Condvar::new() })
    }

    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    pub fn command(&self) -> String {
        self.start.name()
    }

    /// Asks the next free copy, which has `budget` from then on. A copy that fails is replaced, and the question put once
    /// more to its successor.
    ///
    /// # Errors
    /// The second failure, or the error that the program itself reports, which is not put to it again.
    pub fn ask<T>(
        &self,
        ask: &str,
        body: &Map<String, Value>,
        budget: Duration,
        read: &dyn Fn(&Field<'_>) -> Result<T, WrongField>,
    ) -> Result<T, Failure> {
        let mut seat = self.sit();
        let first = match seat.ask(ask, body, budget, read) {
            Err(failure) if !matches!(failure.cause, WorkerError::Reported(_)) => failure,
            outcome => return outcome,
        };
        tracing::warn!("`{}` is started anew: {first}", first.command);
        seat.ask(ask, body, budget, read)
    }

    /// Waits for a free seat; one with a running copy goes first.
    fn sit(&self) -> Seat<'_> {
        let mut free = self.free.lock();
        loop {
            let at = free.iter().position(Option::is_some).or(free.len().checked_sub(1));
            if let Some(at) = at {
                return Seat { pool: self, worker: free.remove(at) };
            }
            self.freed.wait(&mut free);
        }
    }
}

/// A seat taken; given back on drop, with the copy that is then in it.
struct Seat<'a> {
    pool: &'a Pool,
    worker: Option<Worker>,
}

impl Seat<'_> {
    /// A copy that failed leaves the seat.
    fn ask<T>(
        &mut self,
        ask: &str,
        body: &Map<String, Value>,
        budget: Duration,
        read: &dyn Fn(&Field<'_>) -> Result<T, WrongField>,
    ) -> Result<T, Failure> {
        let outcome = self.worker()?.ask(ask, body, budget, read);
        if outcome.as_ref().is_err_and(|failure| !matches!(failure.cause, WorkerError::Reported(_))) {
            self.worker = None;
        }
        outcome
    }

    fn worker(&mut self) -> Result<&mut Worker, Failure> {
        match &mut self.worker {
            Some(worker) => Ok(worker),
            empty => {
                let (worker, hello) = Worker::start(&self.pool.start)?;
                if hello != self.pool.hello {
                    let cause = WorkerError::nonsense(
                        "it introduces itself otherwise than the first time",
                        format!("{hello:?}").as_bytes(),
                    );
                    let command = self.pool.command();
                    return Err(Failure { command, ask: "hello".into(), cause, log: String::new() });
                }
                Ok(empty.insert(worker))
            }
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.pool.free.lock().push(self.worker.take());
        self.pool.freed.notify_one();
    }
}
