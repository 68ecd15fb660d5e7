//! The page in a real browser: it works, by keyboard too, moves while a run grows, says nothing on the console, and
//! loads nothing from elsewhere.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use galley_store::{RunWriter, WriterOptions};
use headless_chrome::{
    Browser, LaunchOptions, Tab,
    protocol::cdp::{Network, types::Event},
};
use parking_lot::Mutex;

use crate::{
    client::{folder, serve},
    demo,
};

const NAMES: [&str; 5] = [
    "/usr/lib/chromium/chromium-headless-shell",
    "/usr/lib/chromium/chromium",
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/opt/google/chrome/chrome",
];

#[expect(clippy::disallowed_methods, reason = "which browser is said in the environment")]
fn chromium() -> PathBuf {
    let named = std::env::var_os("GALLEY_CHROME").map(PathBuf::from);
    let found = named.into_iter().chain(NAMES.map(PathBuf::from)).find(|path| path.is_file());
    found.expect("no chromium was found: run `scripts/bootstrap web`, or set GALLEY_CHROME")
}

/// A page of the browser that remembers what went wrong and what was asked for.
struct Page {
    tab: Arc<Tab>,
    seen: Arc<Mutex<Seen>>,
    base: String,
    // Closes with the test.
    _browser: Browser,
}

#[derive(Default)]
struct Seen {
    faults: Vec<String>,
    requests: Vec<String>,
}

impl Page {
    fn open(base: String) -> Self {
        let mut options = LaunchOptions::default_builder();
        options.path(Some(chromium())).sandbox(false).window_size(Some((1400, 900)));
        let browser = Browser::new(options.build().unwrap()).unwrap();
        let tab = browser.new_tab().unwrap();
        tab.set_default_timeout(Duration::from_secs(60));
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let heard = Arc::clone(&seen);
        let listener = move |event: &Event| match event {
            Event::LogEntryAdded(entry) => heard.lock().faults.push(format!("{:?}", entry.params.entry.text)),
            Event::RuntimeExceptionThrown(thrown) => {
                heard.lock().faults.push(thrown.params.exception_details.text.clone());
            }
            Event::NetworkRequestWillBeSent(request) => {
                heard.lock().requests.push(request.params.request.url.clone())
            }
            _ => {}
        };
        tab.add_event_listener(Arc::new(listener)).unwrap();
        tab.enable_log().unwrap().enable_runtime().unwrap();
        tab.call_method(Network::Enable {
            max_total_buffer_size: None,
            max_resource_buffer_size: None,
            max_post_data_size: None,
            report_direct_socket_traffic: None,
            enable_durable_messages: None,
        })
        .unwrap();
        Self { tab, seen, base, _browser: browser }
    }

    fn go(&self, path: &str) {
        self.tab.navigate_to(&format!("{}{path}", self.base)).unwrap().wait_until_navigated().unwrap();
        self.until("document.readyState === 'complete'");
    }

    fn value(&self, script: &str) -> serde_json::Value {
        self.tab.evaluate(script, false).unwrap().value.unwrap_or_default()
    }

    fn text(&self, script: &str) -> String {
        self.value(script).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the expression holds.
    fn until(&self, script: &str) {
        let patience = Instant::now() + Duration::from_secs(60);
        while self.value(&format!("Boolean({script})")) != true {
            assert!(
                Instant::now() < patience,
                "never: {script}\n{}",
                self.text("document.body.innerText.slice(0, 600)")
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// No error on the console, no exception, nothing from another host.
    fn clean(&self) {
        let seen = self.seen.lock();
        assert!(seen.faults.is_empty(), "{:?}", seen.faults);
        assert!(!seen.requests.is_empty());
        let foreign: Vec<&String> = seen
            .requests
            .iter()
            .filter(|url| !url.starts_with(&self.base) && !url.starts_with("data:"))
            .collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }
}

#[test]
fn the_table_of_2000_runs_filters_sorts_and_grows() {
    let runs = folder();
    (0..2000).for_each(|index| demo::small(runs.path(), index));
    let base = format!("http://{}", serve(runs.path().to_owned()));
    let page = Page::open(base);
    page.go("/");
    assert_eq!(page.text("document.querySelector('#count').textContent"), "2000");
    // Filters while it is typed.
    page.tab.press_key("/").unwrap();
    page.tab.type_str("sweep-19").unwrap();
    page.until("document.querySelector('#count').textContent === '100 of 2000'");
    assert_eq!(page.value("document.querySelectorAll('table.runs tbody tr[data-run]').length"), 100);
    page.until("location.search.includes('where=sweep-19')");
    page.go("/?where=metrics.reward%20%3E%200.95%20and%20seed%20%3D%203");
    page.until("document.querySelectorAll('tr[data-run]').length > 3");
    page.go("/?where=metrics.reward%20%3E");
    page.until("!document.querySelector('#mistake').hidden && document.querySelector('#mistake').textContent.length > 10");
    // Sorts by a link, best first.
    page.go("/");
    page.tab.wait_for_element("th a[href*='sort=-best']").unwrap().click().unwrap();
    page.until("document.querySelector('th[aria-sort=descending]')?.innerText.startsWith('best')");
    let best = "[...document.querySelectorAll('td.best')].map(cell => Number(cell.innerText)).slice(0, 150)";
    assert_eq!(page.value(&format!("{best}.every((v, i, all) => i === 0 || all[i - 1] >= v)")), true);
    // More rows when the end is seen.
    page.until("document.querySelectorAll('tr[data-run]').length >= 200");
    page.value("scrollTo(0, document.body.scrollHeight)");
    page.until("document.querySelectorAll('tr[data-run]').length >= 400");
    // Chooses columns and runs.
    page.go("/?columns=metrics.loss");
    page.until("document.querySelector('thead').innerText.includes('metrics.loss')");
    assert_eq!(page.value("document.querySelector('#compare').disabled"), true);
    page.value("[...document.querySelectorAll('input[name=run]')].slice(0, 2).forEach(box => box.click())");
    page.until("!document.querySelector('#compare').disabled");
    // A new run appears by itself.
    page.go("/");
    page.tab.wait_for_element("tr[data-run]").unwrap();
    demo::small(runs.path(), 4242);
    page.until("document.querySelector('tbody').innerText.includes('sweep-4242')");
    page.clean();
}

#[test]
fn a_sample_links_boxes_code_and_tokens() {
    let runs = folder();
    demo::finished(runs.path(), demo::start("shown", 1), 0.1);
    let page = Page::open(format!("http://{}", serve(runs.path().to_owned())));
    page.go("/");
    page.tab.wait_for_element("td.name a").unwrap().click().unwrap();
    page.until("document.querySelectorAll('.charts svg').length >= 6");
    page.go("/runs/latest/samples?sort=worst&stage=eval-visual-sdpo");
    page.tab.wait_for_element("a.card").unwrap().click().unwrap();
    page.until("document.querySelectorAll('.pictures img').length === 3");
    page.until("[...document.images].every(image => image.complete && image.naturalWidth === 480)");
    // The heat: statements have a background, tokens an underline.
    let coloured =
        "[...document.querySelectorAll('#code span.w9')].map(s => getComputedStyle(s).backgroundColor)[0]";
    assert!(page.text(coloured).starts_with("rgba("), "{}", page.text(coloured));
    assert_eq!(
        page.text("getComputedStyle(document.querySelector('#code span.k9')).borderBottomWidth"),
        "3px"
    );
    // A box lights the statements that answer for it, and the other way round.
    let over = "dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))";
    page.value(&format!("document.querySelector('rect.defect[data-d=\"0\"]').{over}"));
    assert_eq!(page.value("document.querySelectorAll('#code span.on').length > 0 && document.querySelector('.defects li').classList.contains('on')"), true);
    page.value(&format!("document.querySelector('#code span[data-s=\"3\"]').{over}"));
    assert_eq!(
        page.value("document.querySelector('rect.region[data-s=\"3\"]').classList.contains('on')"),
        true
    );
    assert_eq!(
        page.value("document.querySelector('rect.defect[data-d=\"0\"]').classList.contains('on')"),
        true
    );
    // By keyboard: a token with what student and teacher found likely.
    page.value("document.querySelector('#code').focus()");
    // From the token that was pointed at last.
    for _ in 0..5 {
        page.tab.press_key("ArrowRight").unwrap();
    }
    page.until("!document.querySelector('#token').hidden");
    let token = page.text("document.querySelector('#token').innerText");
    assert!(
        token.contains("weight")
            && token.contains("KL")
            && token.contains("student")
            && token.contains("teacher")
            && token.contains(" %"),
        "{token}"
    );
    page.tab.press_key("Escape").unwrap();
    page.until("document.querySelector('#token').hidden");
    // To the next sample of the step, and back.
    let here = page.text("location.pathname");
    page.value("document.activeElement.blur()");
    let key = page.text("document.querySelector('nav.turn a').dataset.key");
    page.tab.press_key(&key).unwrap();
    page.until(&format!("location.pathname !== {here:?}"));
    assert!(!page.text("document.title").contains("taken"));
    page.clean();
}

#[test]
fn a_comparison_is_walked_through_by_keyboard() {
    let runs = folder();
    demo::finished(runs.path(), demo::start("one", 1), 0.1);
    demo::finished(runs.path(), demo::start("two", 2), 0.5);
    let page = Page::open(format!("http://{}", serve(runs.path().to_owned())));
    page.go("/compare?run=one&run=two");
    assert!(
        page.text("document.querySelector('.verdict-line').innerText")
            .starts_with("B better than A on design2code")
    );
    assert!(page.text("document.querySelector('table.config').innerText").contains("train.lr"));
    let focused = "document.activeElement.querySelector('.task')?.innerText ?? ''";
    page.tab.press_key("j").unwrap();
    let first = page.text(focused);
    page.tab.press_key("j").unwrap();
    page.tab.press_key("ArrowDown").unwrap();
    let third = page.text(focused);
    page.tab.press_key("k").unwrap();
    page.tab.press_key("k").unwrap();
    assert!(first.starts_with("tickets-") && third.starts_with("tickets-") && first != third);
    assert_eq!(page.text(focused), first);
    // The largest difference comes first.
    let sizes =
        "[...document.querySelectorAll('.gallery .difference')].map(d => Math.abs(Number(d.innerText)))";
    assert_eq!(
        page.value(&format!(
            "{sizes}.length === 24 && {sizes}.every((v, i, all) => i === 0 || all[i - 1] >= v)"
        )),
        true
    );
    // What differs in the programs is there, word by word.
    page.until(
        "document.querySelector('.gallery .changes del') && document.querySelector('.gallery .changes ins')",
    );
    // Both sides move to another step together.
    page.tab.press_key("h").unwrap();
    page.until("location.search.includes('step=20')");
    page.until("[...document.querySelectorAll('.gallery figcaption a')].every(a => a.href.includes('/20/'))");
    page.go("/compare?run=one");
    page.until("document.querySelector('.verdict-line')");
    page.clean();
}

#[test]
fn a_running_run_moves_by_itself() {
    let runs = folder();
    let writer = RunWriter::create(runs.path(), demo::start("alive", 1), WriterOptions::default()).unwrap();
    writer.metrics(1, demo::metrics(1, 0.0)).unwrap();
    let page = Page::open(format!("http://{}", serve(runs.path().to_owned())));
    page.go("/runs/alive");
    page.until("document.querySelector('.status.running')");
    page.until(
        "performance.getEntriesByType('resource').some(entry => entry.name.endsWith('/events')) || true",
    );
    for step in 2..=30 {
        writer.metrics(step, demo::metrics(step, 0.0)).unwrap();
    }
    page.until("document.querySelector('#now').innerText.includes('30 of 40')");
    writer.alarm(30, "collapse", "all is lost").unwrap();
    page.until("document.querySelector('ul.alarms')?.innerText.includes('all is lost')");
    writer.finish(galley_store::RunStatus::Finished, "").unwrap();
    page.until("document.querySelector('#now .status.finished')");
    page.clean();
}
