//! The whole domain in a real browser: pages that show something, and perturbations that are named exactly.

use std::{collections::BTreeSet, path::Path, time::Duration};

use galley_core::{Assessment, BuildContext, Domain, Edit, Random, Split, assess};
use galley_web::{
    config::WebConfig,
    domain::{ENTRY, WebDomain, corpus},
    tasks::Family,
};

const DEADLINE: Duration = Duration::from_secs(30);

fn domain(config: WebConfig, cache: &Path) -> WebDomain {
    WebDomain::new(config, &BuildContext { seed: 3, cache: cache.into(), workers: 2, similarity: None })
        .unwrap()
}

/// What the recipe of a policy that starts from nothing says.
fn tiny() -> WebConfig {
    WebConfig {
        viewport: [128, 96],
        difficulty: 1,
        perturbations: ["color", "layout", "text"].map(String::from).to_vec(),
        instruction: String::new(),
        ..WebConfig::default()
    }
}

#[test]
fn the_registered_domain_is_built_from_its_defaults() {
    let cache = tempfile::tempdir().unwrap();
    let context = BuildContext { seed: 3, cache: cache.path().into(), workers: 2, similarity: None };
    let domain = (ENTRY.build)((ENTRY.defaults)(), &context).unwrap();
    assert_eq!(domain.name(), "web");
    assert_eq!(domain.tasks(Split::HeldOut).unwrap().len(), 256);
    assert_eq!(domain.detectors().len(), (ENTRY.detectors)().len());
}

#[test]
fn every_familys_pages_show_something() {
    let cache = tempfile::tempdir().unwrap();
    let families = Family::ALL.map(|family| family.name().to_owned()).to_vec();
    for (difficulty, viewport) in [(1, [128, 96]), (3, [1280, 720])] {
        let config = WebConfig { families: families.clone(), difficulty, viewport, ..WebConfig::default() };
        let tasks = domain(config, cache.path()).tasks(Split::Train).unwrap();
        for index in 0..3 * families.len() {
            let task = tasks.get(index).unwrap();
            let image = task.reference.as_ref().unwrap().render.image.clone().unwrap();
            assert_eq!([image.width, image.height], viewport);
            let colours: BTreeSet<&[u8]> = image.rgb.chunks_exact(3).collect();
            let plain = matches!(task.labels["family"].as_str(), "color" | "color-responsive");
            assert!(if plain { colours.len() == 1 } else { colours.len() > 1 }, "{}", task.id);
        }
    }
}

#[test]
fn the_corpus_is_the_training_programs() {
    let cache = tempfile::tempdir().unwrap();
    let tasks = domain(tiny(), cache.path()).tasks(Split::Train).unwrap();
    let corpus = corpus(&tiny(), 3, 3).unwrap();
    for (index, program) in corpus.iter().enumerate() {
        let task = tasks.get(index).unwrap();
        assert_eq!(task.reference.as_ref().unwrap().program.as_ref(), Some(program));
    }
}

/// What a message must quote for an edit of a one-line page: element, property and the original value.
fn quoted(program: &str, edit: &Edit) -> String {
    let before = &program[..edit.span.start];
    let tag = before.rsplit('<').next().unwrap().split([' ', '>']).next().unwrap();
    let value = edit.span.slice(program).unwrap();
    if edit.kind == "text" {
        return format!("{tag} text:{value}");
    }
    let property = before.rsplit(['"', ';']).next().unwrap().trim_end_matches(':');
    format!("{tag} {property}:{value}")
}

fn targets(assessment: &Assessment) -> BTreeSet<String> {
    assessment.defects.iter().filter_map(|defect| defect.target.clone()).collect()
}

#[test]
fn a_perturbed_page_gets_exactly_the_messages_of_its_edits() {
    let cache = tempfile::tempdir().unwrap();
    let domain = domain(WebConfig { viewport: [256, 192], ..tiny() }, cache.path());
    let tasks = domain.tasks(Split::Train).unwrap();
    for index in 0..24 {
        let task = tasks.get(index).unwrap();
        let program = domain.reference_program(&task).unwrap();
        let same = assess(&domain, &task, program, DEADLINE).unwrap();
        assert!(targets(&same).is_empty() && same.score.reward > 0.999, "{program}: {:?}", same.defects);

        let mut random = Random::new(1).at(index as u64);
        let worse = domain.perturb(program, 1 + index % 6, &mut random).unwrap();
        let judged = assess(&domain, &task, &worse.program, DEADLINE).unwrap();
        let expected: BTreeSet<String> = worse.edits.iter().map(|edit| quoted(program, edit)).collect();
        assert_eq!(targets(&judged), expected, "{program}\n{}", worse.program);
        assert!(judged.score.reward < 0.999);
    }
}

/// The 60 pages of the golden data, where they are present.
#[test]
fn real_pages_become_tasks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/goldens/design2code_pages");
    if !folder.exists() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let config =
        WebConfig { data: Some(folder.display().to_string()), full_page: true, ..WebConfig::default() };
    let domain = domain(config, cache.path());
    let tasks = domain.tasks(Split::HeldOut).unwrap();
    assert_eq!((tasks.len(), tasks.skipped()), (2, Vec::new()));
    for index in 0..tasks.len() {
        let task = tasks.get(index).unwrap();
        let judged = assess(&domain, &task, domain.reference_program(&task).unwrap(), DEADLINE).unwrap();
        assert!(
            judged.score.reward > 0.999 && targets(&judged).is_empty(),
            "{}: {:?}",
            task.id,
            judged.score
        );
    }
}
