//! References are rendered once, pages that cannot be used are listed, and sets are the same each time.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use galley_core::{
    DomainError, Element, Fault, FaultKind, Image, Part, Region, Render, Renderer, Split, TaskSet,
};
use galley_kit::{References, RenderedTasks, split_of};
use galley_web::tasks::{Family, Folder, Generator, Scene};

/// Draws one pixel for each byte of the program and counts what it draws; `bad` does not render.
#[derive(Default)]
struct Bytes {
    version: &'static str,
    renders: AtomicUsize,
}

impl Renderer for Bytes {
    fn version(&self) -> String {
        self.version.into()
    }

    fn render(&self, program: &str, _deadline: Duration) -> Result<Render, DomainError> {
        self.renders.fetch_add(1, Ordering::Relaxed);
        if program.contains("bad") {
            return Ok(Render::failed(Fault::new(FaultKind::Syntax, "it says bad")));
        }
        let image = Image::new(program.len() as u32, 1, program.bytes().flat_map(|byte| [byte; 3]).collect());
        let element = Element {
            parent: None,
            kind: "p".into(),
            span: None,
            region: Region::new(0.1, 0.2, 1.0 / 3.0, 1.0),
            text: "é".into(),
            text_region: None,
            style: [("color".into(), "red".into())].into(),
        };
        Ok(Render { image: Some(Arc::new(image)), elements: vec![element], faults: Vec::new() })
    }
}

fn references(version: &'static str, folder: &Path) -> (Arc<Bytes>, Arc<References>) {
    let renderer = Arc::new(Bytes { version, ..Bytes::default() });
    (renderer.clone(), Arc::new(References::new(renderer, folder.into())))
}

fn generated(references: Arc<References>, instruction: &str) -> RenderedTasks {
    let scene = Scene { difficulty: 2, width: 256 };
    let generator = Generator { seed: 1, families: vec![Family::Color, Family::Boxes], scene };
    let pages = generator.pages(Split::HeldOut, 12).into_iter().map(Into::into).collect();
    RenderedTasks::new(pages, Vec::new(), references, instruction)
}

#[test]
fn a_reference_is_rendered_once_for_all_runs() {
    let cache = tempfile::tempdir().unwrap();
    let (renderer, cold) = references("1", cache.path());
    let first = cold.render("<p>é").unwrap();
    let (warm_renderer, warm) = references("1", cache.path());
    assert_eq!(warm.render("<p>é").unwrap(), first);
    assert_eq!(
        (renderer.renders.load(Ordering::Relaxed), warm_renderer.renders.load(Ordering::Relaxed)),
        (1, 0)
    );

    let (other_renderer, other) = references("2", cache.path());
    assert_eq!(other.render("<p>é").unwrap(), first);
    assert_eq!(other_renderer.renders.load(Ordering::Relaxed), 1);
}

#[test]
fn damaged_files_are_rendered_anew_and_repaired() {
    let cache = tempfile::tempdir().unwrap();
    let (renderer, references) = references("1", cache.path());
    let first = references.render("<p>").unwrap();
    for file in files(cache.path()) {
        fs::write(file, b"damaged").unwrap();
        assert_eq!(references.render("<p>").unwrap(), first);
    }
    references.render("<p>").unwrap();
    assert_eq!(renderer.renders.load(Ordering::Relaxed), 3);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let inner = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    inner.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
}

#[test]
fn without_a_usable_folder_it_renders_all_the_same() {
    let (renderer, references) = references("1", Path::new("/proc/nowhere"));
    assert!(references.render("<p>").unwrap().ok());
    assert!(references.render("<p>").unwrap().ok());
    assert_eq!(renderer.renders.load(Ordering::Relaxed), 2);
}

#[test]
fn a_task_holds_the_picture_and_the_program() {
    let cache = tempfile::tempdir().unwrap();
    let (renderer, references) = references("1", cache.path());
    let tasks = generated(references.clone(), "Write it.");
    tasks.prefetch(&(0..tasks.len()).collect::<Vec<_>>(), 3).unwrap();
    for index in 0..tasks.len() {
        let task = tasks.get(index).unwrap();
        let reference = task.reference.as_ref().unwrap();
        let program = reference.program.as_deref().unwrap();
        assert_eq!(split_of(program), Split::HeldOut);
        assert_eq!(reference.render.canvas().width, program.len() as f64);
        let [Part::Image(image), Part::Text(text)] = &task.prompt.parts[..] else {
            panic!("{:?}", task.prompt)
        };
        assert_eq!((Some(image), text.as_str()), (reference.render.image.as_ref(), "Write it."));
        assert_eq!(task.labels["family"], ["color", "boxes"][index % 2]);
    }
    assert_eq!(renderer.renders.load(Ordering::Relaxed), 12);
    assert_eq!(generated(references, "").get(3).unwrap().prompt.parts.len(), 1);
    assert!(tasks.get(12).is_err());
}

/// Ids of one split, chosen so that a folder's other half stays empty.
fn ids(split: Split) -> impl Iterator<Item = String> {
    (0..).map(|number: u32| number.to_string()).filter(move |id| split_of(id) == split)
}

#[test]
fn a_folder_lists_what_it_skips() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ids: Vec<String> = ids(Split::Train).take(5).collect();
    let file = |index: usize, extension: &str| folder.path().join(format!("{}.{extension}", ids[index]));
    fs::write(file(0, "html"), "<p>fine").unwrap();
    fs::write(file(1, "html"), "<p>bad").unwrap();
    fs::write(file(2, "html"), b"\xff").unwrap();
    fs::write(file(3, "html"), "<p>own picture").unwrap();
    fs::write(file(3, "png"), picture()).unwrap();
    fs::write(file(4, "html"), "<p>broken picture").unwrap();
    fs::write(file(4, "png"), "no picture").unwrap();
    fs::write(folder.path().join("rick.jpg"), "jpeg").unwrap();
    fs::write(folder.path().join("notes.txt"), "").unwrap();

    let folder = Folder::open(folder.path()).unwrap();
    let tasks = folder.tasks(Split::Train, references("1", cache.path()).1, "", 2).unwrap();
    let found: Vec<String> = (0..tasks.len()).map(|index| tasks.get(index).unwrap().id.clone()).collect();
    assert_eq!(found, [ids[0].as_str(), &ids[3]]);
    assert_eq!(
        tasks.get(1).unwrap().reference.as_ref().unwrap().render.canvas(),
        Region::new(0.0, 0.0, 2.0, 3.0)
    );
    let skipped: Vec<(String, String)> =
        tasks.skipped().into_iter().map(|skip| (skip.id, skip.reason)).collect();
    let reasons: Vec<&str> = skipped.iter().map(|(_, reason)| reason.split(':').next().unwrap()).collect();
    assert_eq!(skipped.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&ids[1], &ids[2], &ids[4]]);
    assert!(reasons[0].contains("does not render") && reasons[1].contains("cannot be read"), "{reasons:?}");
    assert!(reasons[2].contains("unreadable"), "{reasons:?}");
    assert_eq!(folder.assets().keys().collect::<Vec<_>>(), ["rick.jpg"]);
    assert_eq!(folder.programs(Split::Train, 2), ["<p>fine", "<p>bad"]);
    assert_eq!(folder.tasks(Split::HeldOut, references("1", cache.path()).1, "", 2).unwrap().len(), 0);
}

fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(2, 3).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_folder_without_pages_is_a_fault_of_the_set_up() {
    let empty = tempfile::tempdir().unwrap();
    for path in [empty.path(), &empty.path().join("nowhere")] {
        let error = Folder::open(path).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, DomainError::Setup { .. }));
        assert!(text.contains(&path.display().to_string()) && text.contains("<id>.html"), "{text}");
    }
}
