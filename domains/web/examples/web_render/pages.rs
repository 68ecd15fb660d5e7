//! The pages that are measured.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use galley_web::{config::WebConfig, domain::corpus};
use tempfile::TempDir;

/// Changes the page once it has loaded, as page scripts do.
const SCRIPT: &str = "<script>addEventListener('load',()=>{for(const p of document.querySelectorAll('p'))\
                      p.style.letterSpacing='1px';document.body.appendChild(document.createElement('hr'))})</script>";

/// Programs and, for the other side, the same programs as files.
pub struct Pages {
    pub programs: Vec<String>,
    pub files: Vec<PathBuf>,
    _folder: TempDir,
}

/// Pages without and with a script, and the files that they show.
pub struct Corpus {
    pub still: Pages,
    pub scripted: Pages,
    pub assets: BTreeMap<String, Vec<u8>>,
}

impl Corpus {
    /// Up to `limit` pages of the folders under `folder`; pages that the generator makes where there is none.
    pub fn read(folder: Option<&Path>, limit: usize) -> Result<Self> {
        let (mut programs, mut assets) = (Vec::new(), BTreeMap::new());
        match folder {
            Some(folder) => collect(folder, &mut programs, &mut assets)?,
            None => programs = corpus(&WebConfig { difficulty: 3, ..WebConfig::default() }, 7, limit)?,
        }
        programs.truncate(limit);
        ensure!(!programs.is_empty(), "there are no pages");
        let scripted: Vec<String> = programs.iter().map(|page| with_script(page)).collect();
        Ok(Self { still: Pages::new(programs, &assets)?, scripted: Pages::new(scripted, &assets)?, assets })
    }
}

impl Pages {
    fn new(programs: Vec<String>, assets: &BTreeMap<String, Vec<u8>>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, bytes) in assets {
            fs::write(folder.path().join(name), bytes)?;
        }
        let mut files = Vec::new();
        for (number, program) in programs.iter().enumerate() {
            files.push(folder.path().join(format!("{number}.html")));
            fs::write(&files[number], program)?;
        }
        Ok(Self { programs, files, _folder: folder })
    }
}

/// All pages of a folder and its folders that parse, and the pictures beside them; by name.
fn collect(folder: &Path, programs: &mut Vec<String>, assets: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, programs, assets)?;
        } else if name.ends_with(".jpg") {
            assets.insert(name, fs::read(&path)?);
        } else if name.ends_with(".html") && !name.contains("_p") {
            let program = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            if galley_web::faults::syntax(&program).is_none() {
                programs.push(program);
            }
        }
    }
    Ok(())
}

fn with_script(page: &str) -> String {
    match page.rfind("</body>") {
        Some(at) => format!("{}{SCRIPT}{}", &page[..at], &page[at..]),
        None => format!("{page}{SCRIPT}"),
    }
}
