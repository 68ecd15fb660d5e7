//! A small version of `cargo run --example injection_audit`, on pages of this project.

use std::{
    fs,
    path::{Path, PathBuf},
};

use galley_web::browser::resolve;

use crate::audit::Auditor;

#[test]
fn numbers_change_no_pixel_and_miss_no_element() {
    let _alone = crate::alone_here();
    let auditor = Auditor::start(&resolve(None).unwrap());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("fixtures"), &mut paths);
    collect(&root.join("../../tests/hostile/web/neighbours"), &mut paths);
    let (mut elements, mut mapped) = (0, 0);
    for path in &paths {
        let program = fs::read_to_string(path).unwrap();
        let audit = auditor.audit(&program);
        assert!(!program.contains(&audit.injected.attribute), "{}", path.display());
        assert_eq!(audit.identical, Some(true), "{}", path.display());
        assert_eq!(audit.misnamed(), 0, "{}", path.display());
        // What nobody wrote has no place in the source.
        let implied: usize = audit.implied();
        elements += audit.tree.len() - implied;
        mapped += audit.mapped();
    }
    assert!(paths.len() > 20 && elements > 100, "{} pages, {elements} elements", paths.len());
    assert_eq!(mapped, elements);
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
        match path.extension() {
            Some(extension) if extension == "html" => paths.push(path),
            _ if path.is_dir() => collect(&path, paths),
            _ => {}
        }
    }
}
