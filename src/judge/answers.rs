//! Answers by question, on disk.
//!
//! `<folder>/<first two digits>/<key>.txt`; the key is the BLAKE3 of address and request. Files appear by rename.

use std::{
    io::{self, Write},
    path::PathBuf,
};

/// A folder of answers; may be shared by processes and deleted at any time.
#[derive(Clone, Debug)]
pub struct Answers {
    folder: PathBuf,
}

impl Answers {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub fn read(&self, key: &str) -> Option<String> {
        std::fs::read_to_string(self.path(key)).ok()
    }

    /// # Errors
    /// A folder that cannot be written to; then the next asker pays again.
    pub fn write(&self, key: &str, answer: &str) -> io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(answer.as_bytes())?;
        file.persist(path)?;
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(key.get(..2).unwrap_or("--")).join(format!("{key}.txt"))
    }
}
