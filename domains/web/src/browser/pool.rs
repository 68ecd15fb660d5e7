//! The tabs of a few browsers, lent to any number of threads.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use galley_core::DomainError;
use galley_sandbox::{Deadline, Jail};
use parking_lot::{Condvar, Mutex};

use super::{Browser, CallError, Endpoints, Extent, Page, Shot, Tab};

/// How often a page may crash with a document before the document is taken to be the reason.
const CRASHES: usize = 3;

/// The same for whole browsers, which also die of other documents and of strangers.
const DEATHS: usize = 8;

/// Tries at one document in all. Deaths before it was shown, or with a browser that was killed because of another
/// document, do not count.
const TRIES: usize = 20;

/// Failed starts of a browser, one after the other, until there is no point in going on.
const STARTS: usize = 5;

/// How often a script may go elsewhere with a document before it is taken to do so always.
const FLIGHTS: usize = 2;

/// What the browser gets to open or close a tab. What is opened for a page must be there so long after the page's time
/// has passed.
const PATIENCE: Duration = Duration::from_secs(1);
const OPENING: Duration = Duration::from_secs(20);

/// The shape of a pool.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    pub binary: PathBuf,
    pub jail: Jail,
    /// Browsers that others run, instead of `binary` in `jail`.
    pub endpoints: Option<Endpoints>,
    pub viewport: (u32, u32),
    pub extent: Extent,
    pub browsers: usize,
    /// Per browser.
    pub tabs: usize,
    /// Documents after which a browser makes room for a fresh one.
    pub recycle: usize,
}

/// Browsers and tabs are started when they are first needed, and again when they died.
#[derive(Debug)]
pub struct Pool {
    options: PoolOptions,
    slots: Vec<Mutex<Slot>>,
    free: Mutex<Seats>,
    freed: Condvar,
}

/// Where one browser at a time lives.
#[derive(Debug, Default)]
struct Slot {
    browser: Option<Arc<Browser>>,
    shown: usize,
}

#[derive(Debug, Default)]
struct Seats {
    /// Numbers of free seats. Low ones are taken first, so that little work wakes few browsers.
    numbers: BTreeSet<usize>,
    /// By number; they are kept while the seat is free, if their browser still lives.
    tabs: Vec<Seated>,
}

/// The tabs of a seat: one without scripts, one with.
#[derive(Debug, Default)]
struct Seated {
    browser: Weak<Browser>,
    tabs: [Option<Tab>; 2],
}

/// A seat taken; given back on drop, with the tab that is then in it.
struct Seat<'a> {
    pool: &'a Pool,
    number: usize,
    seated: Seated,
}

/// How a document ended, where the harness is not to blame.
#[derive(Debug)]
pub enum Outcome {
    Shown(Shot),
    /// Past its deadline, alone.
    Late,
    /// It brought its page down, every time.
    Crashed,
    /// Its scripts went elsewhere, so that there is nothing to read.
    Fled,
}

/// A page's time, which begins when there is a tab to show it, and the harness's, which begins before.
struct Clock {
    budget: Duration,
    deadline: Option<Deadline>,
    opened: Deadline,
    /// Whether others took some of the page's time, so that it cannot be blamed for being late.
    disturbed: bool,
}

impl Clock {
    /// `opening`: how long the harness may take for itself.
    fn of(budget: Duration, opening: Duration) -> Self {
        Self { budget, deadline: None, opened: Deadline::after(budget + opening), disturbed: false }
    }

    fn deadline(&mut self) -> Deadline {
        if let Some(deadline) = self.deadline {
            return deadline;
        }
        let left = self.budget.min(self.opened.left());
        self.disturbed |= left < self.budget;
        *self.deadline.insert(Deadline::after(left))
    }

    fn has_run_out(&self) -> bool {
        self.opened.passed() || self.deadline.is_some_and(Deadline::passed)
    }

    fn opening(&self) -> Deadline {
        Deadline::after(OPENING.min(self.opened.left()))
    }
}

enum Attempt {
    Done(Outcome),
    /// Its page or its browser died under it.
    Died(CallError),
    /// The same, through no fault of its own.
    Unshown(CallError),
    /// The window that it was written into is gone.
    Fled,
}

impl Pool {
    pub fn new(options: PoolOptions) -> Self {
        let seats = options.browsers * options.tabs;
        let tabs = (0..seats).map(|_| Seated::default()).collect();
        Self {
            slots: (0..options.browsers).map(|_| Mutex::default()).collect(),
            free: Mutex::new(Seats { numbers: (0..seats).collect(), tabs }),
            freed: Condvar::new(),
            options,
        }
    }

    /// Shows a document in the next free tab, within `budget` from when
    /// there is one.
    ///
    /// A browser or a page that dies costs the document nothing but time, up to [`CRASHES`] and [`DEATHS`]. One that
    /// passes its deadline is stopped: its script first, then its page, then its browser. Once there is a free tab, it all
    /// ends within `budget` and [`PATIENCE`] twice; a document that was disturbed and then late gets that once more.
    ///
    /// # Errors
    /// Where no browser can be started, browsers keep dying, or other pages kept them busy all the time.
    pub fn show(&self, page: Page<'_>, budget: Duration) -> Result<Outcome, DomainError> {
        let mut seat = self.sit();
        let patience = if self.options.endpoints.is_some() { OPENING } else { PATIENCE };
        let mut clock = Clock::of(budget, patience);
        let mut renewed = false;
        let (mut crashes, mut deaths, mut flights, mut last) = (0, 0, 0, CallError::Dead);
        for _ in 0..TRIES {
            match seat.attempt(page, &mut clock)? {
                // Whoever was disturbed has all its time once more: a page that disturbs itself is then late by itself.
                Attempt::Done(Outcome::Late) if clock.disturbed && !renewed => {
                    (renewed, last) = (true, CallError::Late);
                    clock = Clock::of(budget, patience);
                    continue;
                }
                Attempt::Done(Outcome::Late) if clock.disturbed => {
                    last = CallError::Late;
                    break;
                }
                Attempt::Done(outcome) => return Ok(outcome),
                Attempt::Fled => flights += 1,
                Attempt::Unshown(error) => (clock.disturbed, last) = (true, error),
                Attempt::Died(CallError::Crashed) => crashes += 1,
                Attempt::Died(error) => (deaths, last) = (deaths + 1, error),
            }
            if crashes >= CRASHES {
                return Ok(Outcome::Crashed);
            }
            if flights >= FLIGHTS {
                return Ok(Outcome::Fled);
            }
            if deaths >= DEATHS || clock.has_run_out() {
                break;
            }
        }
        Err(DomainError::harness("chromium", last))
    }

    pub fn binary(&self) -> &Path {
        &self.options.binary
    }

    pub fn endpoints(&self) -> Option<&Endpoints> {
        self.options.endpoints.as_ref()
    }

    pub fn jail(&self) -> Jail {
        self.options.jail
    }

    /// How many documents it shows at once.
    pub fn seats(&self) -> usize {
        self.options.browsers * self.options.tabs
    }

    /// Process ids of the browsers that run, for tests and measurements.
    pub fn browsers(&self) -> Vec<u32> {
        self.slots.iter().filter_map(|slot| slot.lock().browser.as_ref()?.id()).collect()
    }

    /// Waits for a free seat.
    fn sit(&self) -> Seat<'_> {
        let mut free = self.free.lock();
        loop {
            if let Some(number) = free.numbers.pop_first() {
                let seated = std::mem::take(&mut free.tabs[number]);
                return Seat { pool: self, number, seated };
            }
            self.freed.wait(&mut free);
        }
    }

    /// The browser of a slot, fresh where it is dead or has shown enough.
    fn browser(&self, number: usize, opening: Deadline) -> Result<Arc<Browser>, DomainError> {
        let mut slot = self.slots[number].lock();
        slot.shown += 1;
        let worn = slot.shown > self.options.recycle;
        if let Some(browser) = slot.browser.as_ref().filter(|browser| !worn && browser.is_alive()) {
            return Ok(Arc::clone(browser));
        }
        slot.browser = None;
        let browser = Arc::new(self.launch(number, opening)?);
        *slot = Slot { browser: Some(Arc::clone(&browser)), shown: 1 };
        Ok(browser)
    }
}

impl Pool {
    /// A browser that is killed while it starts is no reason to give up.
    fn launch(&self, slot: usize, opening: Deadline) -> Result<Browser, DomainError> {
        if let Some(endpoints) = &self.options.endpoints {
            return endpoints.connect(slot);
        }
        let start = || Browser::launch(&self.options.binary, self.options.jail, opening);
        let mut started = start();
        for _ in 1..STARTS {
            if started.is_ok() || opening.passed() {
                break;
            }
            started = start();
        }
        started
    }
}

impl Seat<'_> {
    fn attempt(&mut self, page: Page<'_>, clock: &mut Clock) -> Result<Attempt, DomainError> {
        // Seats next to each other belong to different browsers.
        let browser = self.pool.browser(self.number % self.pool.options.browsers, clock.opening())?;
        let mut tab = match self.tab(&browser, page.scripts, clock.opening()) {
            Ok(tab) => tab,
            Err(error) => return Ok(Attempt::Unshown(error)),
        };
        match tab.shoot(&browser, page, clock.deadline()) {
            Ok(shot) => {
                self.seated.tabs[usize::from(page.scripts)] = Some(tab);
                Ok(Attempt::Done(Outcome::Shown(shot)))
            }
            Err(CallError::Late) => {
                if !browser.was_condemned() && !tab.close(&browser, PATIENCE) {
                    browser.condemn();
                }
                Ok(Attempt::Done(Outcome::Late))
            }
            Err(error) if page.scripts && error.tells_of_another_window() && browser.is_alive() => {
                tab.close(&browser, PATIENCE);
                Ok(Attempt::Fled)
            }
            Err(error) => {
                tab.close(&browser, PATIENCE);
                let innocent =
                    browser.was_condemned() || matches!(error, CallError::Blocked | CallError::Unready(_));
                Ok(if innocent { Attempt::Unshown(error) } else { Attempt::Died(error) })
            }
        }
    }

    /// The seat's tab if it is one of `browser`, else a new one. A browser that opens none is killed.
    fn tab(&mut self, browser: &Arc<Browser>, scripts: bool, opening: Deadline) -> Result<Tab, CallError> {
        if self.seated.browser.as_ptr() != Arc::as_ptr(browser) {
            self.seated = Seated { browser: Arc::downgrade(browser), ..Seated::default() };
        }
        if let Some(tab) = self.seated.tabs[usize::from(scripts)].take() {
            return Ok(tab);
        }
        let PoolOptions { viewport, extent, .. } = self.pool.options;
        let opened = Tab::open(browser, viewport, extent, scripts, opening);
        if matches!(opened, Err(CallError::Late)) {
            browser.condemn();
        }
        opened
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut free = self.pool.free.lock();
        free.tabs[self.number] = std::mem::take(&mut self.seated);
        free.numbers.insert(self.number);
        drop(free);
        self.pool.freed.notify_one();
    }
}
