//! Rendered references on disk.
//!
//! `<folder>/<first two digits>/<key>.png` is the picture and `<key>.json` the rest ([`Record`], format 1); the key is
//! the BLAKE3 of renderer version and program. The picture is written first, both appear by rename, and the record
//! holds the hash of the pixels, so a half-written, damaged or mixed-up pair is never read: it counts as absent.

use std::{
    io::{self, Cursor, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_core::{Element, Fault, Image, Render};
use image::{
    ExtendedColorType, ImageEncoder, ImageFormat,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use serde::{Deserialize, Serialize};

/// A folder of rendered references; may be shared by processes and deleted at any time.
pub(crate) struct Store {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// 1.
    format: u32,
    /// [`Image::hash`] of the picture.
    picture: String,
    elements: Vec<Element>,
    faults: Vec<Fault>,
}

impl Store {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The render as it was written, or `None` when it is not there intact.
    pub(crate) fn read(&self, key: &str) -> Option<Render> {
        let record: Record = serde_json::from_slice(&std::fs::read(self.path(key, "json")).ok()?).ok()?;
        let image = decode(&std::fs::read(self.path(key, "png")).ok()?).ok()?;
        let intact = record.format == 1 && record.picture == image.hash();
        intact.then(|| Render {
            image: Some(Arc::new(image)),
            elements: record.elements,
            faults: record.faults,
        })
    }

    /// Keeps a render that has a picture; others are not kept.
    pub(crate) fn write(&self, key: &str, render: &Render) -> io::Result<()> {
        let Some(image) = &render.image else { return Ok(()) };
        let record = Record {
            format: 1,
            picture: image.hash(),
            elements: render.elements.clone(),
            faults: render.faults.clone(),
        };
        replace(&self.path(key, "png"), &encode(image)?)?;
        replace(&self.path(key, "json"), &serde_json::to_vec(&record)?)
    }

    fn path(&self, key: &str, extension: &str) -> PathBuf {
        self.folder.join(key.get(..2).unwrap_or("00")).join(format!("{key}.{extension}"))
    }
}

/// Decodes a picture file to RGB; transparency is dropped, as screenshots have none.
pub(crate) fn decode(bytes: &[u8]) -> image::ImageResult<Image> {
    let picture = image::load(Cursor::new(bytes), ImageFormat::Png)?.into_rgb8();
    Ok(Image::new(picture.width(), picture.height(), picture.into_raw()))
}

fn encode(image: &Image) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&image.rgb, image.width, image.height, ExtendedColorType::Rgb8)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

/// Other readers see the old file or the whole new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn render() -> Render {
        let mut image = Image::filled(5, 3, [1, 2, 3]);
        image.rgb[4] = 200;
        Render { image: Some(Arc::new(image)), ..Render::default() }
    }

    #[test]
    fn a_render_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().into());
        assert_eq!(store.read("abcd"), None);
        store.write("abcd", &render()).unwrap();
        assert_eq!(store.read("abcd"), Some(render()));
    }

    #[test]
    fn damage_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().into());
        for (extension, bytes) in [("png", &b"no picture"[..]), ("json", b"{"), ("json", b"")] {
            store.write("abcd", &render()).unwrap();
            fs::write(store.path("abcd", extension), bytes).unwrap();
            assert_eq!(store.read("abcd"), None, "{extension}");
        }
        store.write("abcd", &render()).unwrap();
        store
            .write("abef", &Render { image: Some(Arc::new(Image::filled(5, 3, [0; 3]))), ..render() })
            .unwrap();
        fs::copy(store.path("abef", "png"), store.path("abcd", "png")).unwrap();
        assert_eq!(store.read("abcd"), None);
    }
}
