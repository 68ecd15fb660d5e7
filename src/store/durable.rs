//! Files that are either whole or absent, also after a power cut.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// Writes `bytes` beside `path` under a name of its own, syncs, renames into place and syncs the directory.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a file needs a directory"))?;
    let temporary = folder.join(format!(".tmp-{}", ulid::Ulid::new()));
    let written = File::create_new(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // Only a leftover; the error that matters is the one being returned.
        drop(fs::remove_file(&temporary));
    }
    written.and_then(|()| sync_directory(folder))
}

/// Makes renames and new names in `folder` permanent.
pub(crate) fn sync_directory(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Syncs every file and directory below `folder`, itself included.
pub(crate) fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { sync_tree(&path)? } else { File::open(&path)?.sync_all()? }
    }
    sync_directory(folder)
}
