//! Content-addressed pictures and texts, shared by all runs: `runs/.store/media/<aa>/<hash>.png|txt`, where `aa` are
//! the first two digits of the hash. Equal contents are stored once; a file that is there is whole.

use std::{
    fs,
    path::{Path, PathBuf},
};

use galley_core::Image;
use image::{ExtendedColorType, ImageEncoder, codecs::png};

use crate::StoreError;

/// Half of the time for which young media are not collected.
const REFRESH: std::time::Duration = std::time::Duration::from_secs(1800);

/// Where the media of a runs directory are.
pub(crate) fn media_dir(runs_dir: &Path) -> PathBuf {
    runs_dir.join(".store").join("media")
}

/// Where the content with `hash` is, whether it exists or not. `extension` is `png` or `txt`. A hash that comes from
/// outside must be checked for [`is_hash`] first.
pub fn media_path(runs_dir: &Path, hash: &str, extension: &str) -> PathBuf {
    let folder = hash.get(..2).unwrap_or("__");
    media_dir(runs_dir).join(folder).join(format!("{hash}.{extension}"))
}

/// Whether `text` has the form of a hash: 64 hexadecimal digits, so it cannot lead out of the media directory.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Stores a picture under [`Image::hash`] and returns that.
pub(crate) fn put_image(runs_dir: &Path, image: &Image) -> Result<String, StoreError> {
    let hash = image.hash();
    put(&media_path(runs_dir, &hash, "png"), |path| encode(image, path))?;
    Ok(hash)
}

/// Stores a text under its BLAKE3 and returns that.
pub(crate) fn put_text(runs_dir: &Path, text: &str) -> Result<String, StoreError> {
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    put(&media_path(runs_dir, &hash, "txt"), |_| Ok(text.as_bytes().to_vec()))?;
    Ok(hash)
}

/// Reads a stored picture.
pub fn read_image(runs_dir: &Path, hash: &str) -> Result<Image, StoreError> {
    let path = media_path(runs_dir, hash, "png");
    let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
    let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png)
        .map_err(|error| StoreError::BadMedia { path, reason: error.to_string() })?
        .into_rgb8();
    Ok(Image::new(decoded.width(), decoded.height(), decoded.into_raw()))
}

/// Reads a stored text.
pub fn read_text(runs_dir: &Path, hash: &str) -> Result<String, StoreError> {
    let path = media_path(runs_dir, hash, "txt");
    fs::read_to_string(&path).map_err(StoreError::io("read", &path))
}

fn put(path: &Path, bytes: impl FnOnce(&Path) -> Result<Vec<u8>, StoreError>) -> Result<(), StoreError> {
    // A power cut can leave an empty file under the final name; that one is written again.
    if let Ok(found) = fs::metadata(path).as_ref()
        && found.len() > 0
    {
        keep_young(path, found);
        return Ok(());
    }
    let bytes = bytes(path)?;
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    write(path, &bytes).map_err(StoreError::io("write", path))
}

/// What is used again counts as new, so that nobody collects it before the sample that names it is on record.
fn keep_young(path: &Path, found: &fs::Metadata) {
    let old = found.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > REFRESH));
    if old && let Ok(file) = fs::File::open(path) {
        // A failure costs nothing now: the file may belong to somebody else.
        drop(file.set_modified(crate::clock::now()));
    }
}

/// Whole or absent, without syncs: a picture is not worth a wait per rollout. One that a power
/// cut emptied is noticed when it is read.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("tmp-{}", ulid::Ulid::new()));
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        drop(fs::remove_file(&temporary));
    }
    written
}

fn encode(image: &Image, path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    png::PngEncoder::new_with_quality(&mut bytes, png::CompressionType::Fast, png::FilterType::Adaptive)
        .write_image(&image.rgb, image.width, image.height, ExtendedColorType::Rgb8)
        .map_err(|error| StoreError::BadMedia { path: path.to_owned(), reason: error.to_string() })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pictures_are_stored_once_and_come_back() {
        let runs = tempfile::tempdir().unwrap();
        let image = Image::new(2, 1, vec![1, 2, 3, 250, 251, 252]);
        let hash = put_image(runs.path(), &image).unwrap();
        assert_eq!(put_image(runs.path(), &image.clone()).unwrap(), hash);
        assert!(is_hash(&hash) && !is_hash("../../etc/passwd"));
        assert_eq!(read_image(runs.path(), &hash).unwrap(), image);
        let folder = media_path(runs.path(), &hash, "png");
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
        let text = put_text(runs.path(), "<p>Ä</p>").unwrap();
        assert_eq!(read_text(runs.path(), &text).unwrap(), "<p>Ä</p>");
    }
}
