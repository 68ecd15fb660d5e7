//! The fonts that the browser can see: they decide pixels, so they are part of the renderer's version.

use std::{collections::BTreeSet, fs, path::Path};

/// The browser runs without a home, so these are all it sees.
const FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];

/// Names and sizes of all font files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fonts {
    files: BTreeSet<(String, u64)>,
}

impl Fonts {
    /// Those installed now.
    pub fn installed() -> Self {
        let mut fonts = Self::default();
        for folder in FOLDERS {
            fonts.add(Path::new(folder));
        }
        fonts
    }

    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Eight hexadecimal digits, equal for equal sets.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, size) in &self.files {
            hasher.update(name.as_bytes()).update(&[0]).update(&size.to_le_bytes());
        }
        hasher.finalize().to_hex()[..8].to_owned()
    }

    fn add(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.add(&path);
            } else if is_font(&path) {
                let size = entry.metadata().map_or(0, |data| data.len());
                self.files.insert((entry.file_name().to_string_lossy().into_owned(), size));
            }
        }
    }
}

fn is_font(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| {
        matches!(extension.as_str(), "ttf" | "otf" | "ttc" | "pfb" | "woff" | "woff2")
    })
}
