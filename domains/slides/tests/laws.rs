//! The slides domain keeps the laws of a domain, with a real interpreter and a real LibreOffice.

use std::time::Duration;

use galley_core::{BuildContext, Domain, Split, assess, testing::laws};
use galley_slides::{config::SlidesConfig, domain::SlidesDomain};

fn domain(config: SlidesConfig) -> SlidesDomain {
    let cache = tempfile::tempdir().unwrap();
    let context = BuildContext { seed: 3, cache: cache.path().into(), workers: 1, similarity: None };
    SlidesDomain::new(config, &context).unwrap()
}

/// One domain for all: most of what it costs is starting an office.
#[test]
fn slides_keep_the_laws() {
    let config = SlidesConfig { width: 320, train_tasks: 16, held_out_tasks: 16, ..SlidesConfig::default() };
    let domain = domain(config);
    laws::check(&domain);
    // Every family's demonstration runs, and says what its brief asks for.
    let tasks = domain.tasks(Split::HeldOut).unwrap();
    for index in 0..5 {
        let task = tasks.get(index).unwrap();
        assert!(task.reference.is_none() && domain.reference_program(&task).is_none());
        let program = domain.demonstration(&task).unwrap();
        let found = assess(&domain, &task, &program, Duration::from_secs(30)).unwrap();
        assert!(found.render.ok(), "{}: {:?}", task.id, found.render.faults);
        let content = found.score.axis("content").map(|axis| axis.value);
        assert!(content > Some(0.5), "{}: {content:?}\n{program}", task.id);
    }
}
