//! Pictures that both sides share: files in a folder, named by the SHA-256 of their bytes.
//!
//! SHA-256 and not the BLAKE3 of the rest of galley, because every language has it at hand. The files that galley writes
//! are binary PPM, whose bytes are a function of the pixels and which a program without libraries reads and writes in two
//! lines; a program may write PNG as well. The folder is bounded: the pictures longest unused go, unless a question that
//! names them is still open.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
};

use galley_core::Image;
use image::{ImageFormat, ImageReader, Limits};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempDir};

/// Bytes of files that are kept.
const KEPT: u64 = 256 << 20;
/// Bytes of one file, and pixels of a side.
const MOST_BYTES: u64 = 256 << 20;
const MOST_SIDE: u32 = 1 << 14;

/// The folder; removed when dropped.
#[derive(Debug)]
pub struct Media {
    folder: TempDir,
    kept: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Known>,
    bytes: u64,
    clock: u64,
}

#[derive(Debug, Default)]
struct Known {
    bytes: u64,
    /// Open questions that name it.
    held: usize,
    used: u64,
}

/// A picture that stays in the folder as long as this.
#[derive(Debug)]
pub struct Held<'a> {
    media: &'a Media,
    pub address: String,
}

impl Media {
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new() -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("galley-media-").tempdir()?;
        Ok(Self { folder, kept: KEPT, state: Mutex::default() })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a picture there, if it is not there yet.
    ///
    /// # Errors
    /// Those of writing.
    pub fn put(&self, image: &Image) -> std::io::Result<Held<'_>> {
        let bytes = ppm(image);
        let address = address(&bytes);
        let held = self.hold(address, bytes.len() as u64);
        let path = self.file(&held.address);
        if !path.is_file() {
            let mut file = NamedTempFile::new_in(self.folder.path())?;
            file.write_all(&bytes)?;
            file.persist(path)?;
        }
        Ok(held)
    }

    /// The picture that the program put there.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn take(&self, address: &str) -> Result<Image, String> {
        if address.len() != 64 || !address.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(format!("{address:?} is no SHA-256 of 64 lower-case hexadecimal digits"));
        }
        let file = std::fs::File::open(self.file(address));
        let file =
            file.map_err(|error| format!("there is no picture {address} in the media folder: {error}"))?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(format!("the picture {address} has more than {MOST_BYTES} bytes"));
        }
        let own = self::address(&bytes);
        if own != address {
            return Err(format!("the picture {address} is another one: its SHA-256 is {own}"));
        }
        drop(self.hold(own, bytes.len() as u64));
        decode(&bytes)
            .map_err(|error| format!("the picture {address} is neither PNG nor binary PPM: {error}"))
    }

    fn file(&self, address: &str) -> PathBuf {
        self.folder.path().join(address)
    }

    fn hold(&self, address: String, bytes: u64) -> Held<'_> {
        let mut state = self.state.lock();
        state.clock += 1;
        let used = state.clock;
        if !state.files.contains_key(&address) {
            state.bytes += bytes;
        }
        let known = state.files.entry(address.clone()).or_default();
        (known.bytes, known.used) = (bytes, used);
        known.held += 1;
        Held { media: self, address }
    }

    fn let_go(&self, address: &str) {
        let mut state = self.state.lock();
        if let Some(known) = state.files.get_mut(address) {
            known.held -= 1;
        }
        while state.bytes > self.kept {
            let free = state.files.iter().filter(|(_, known)| known.held == 0);
            let Some(oldest) = free.min_by_key(|(_, known)| known.used).map(|(name, _)| name.clone()) else {
                return;
            };
            state.bytes -= state.files.remove(&oldest).map_or(0, |known| known.bytes);
            // A file that is gone already is as good.
            let _ = std::fs::remove_file(self.file(&oldest));
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.media.let_go(&self.address);
    }
}

fn address(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ppm(image: &Image) -> Vec<u8> {
    let mut bytes = format!("P6\n{} {}\n255\n", image.width, image.height).into_bytes();
    bytes.extend_from_slice(&image.rgb);
    bytes
}

fn decode(bytes: &[u8]) -> Result<Image, String> {
    if bytes.starts_with(b"P6") {
        return read_ppm(bytes).ok_or_else(|| "it is cut short, or its greatest value is not 255".into());
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MOST_SIDE), Some(MOST_SIDE));
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| error.to_string())?.into_rgb8();
    Ok(Image::new(picture.width(), picture.height(), picture.into_raw()))
}

/// `P6`, width, height and 255 with white space between them, one more, then three bytes a pixel.
fn read_ppm(bytes: &[u8]) -> Option<Image> {
    let (mut at, mut numbers) = (2, [0u32; 3]);
    for number in &mut numbers {
        let start = at + bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        at = start + bytes[start..].iter().position(|byte| !byte.is_ascii_digit())?;
        *number = std::str::from_utf8(&bytes[start..at]).ok()?.parse().ok()?;
    }
    let [width, height, most] = numbers;
    let fits = most == 255 && (1..=MOST_SIDE).contains(&width) && (1..=MOST_SIDE).contains(&height);
    let rgb = bytes.get(at + 1..)?;
    (fits && rgb.len() == width as usize * height as usize * 3)
        .then(|| Image::new(width, height, rgb.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_and_what_is_wrong_with_another_is_said() {
        let media = Media::new().unwrap();
        let image = Image::new(2, 1, vec![1, 2, 3, 10, 32, 9]);
        let held = media.put(&image).unwrap();
        assert_eq!(media.take(&held.address), Ok(image.clone()));
        let wrong = |bytes: &[u8]| {
            let address = address(bytes);
            std::fs::write(media.file(&address), bytes).unwrap();
            media.take(&address).unwrap_err()
        };
        assert!(wrong(b"P6 2 1 255 abc").contains("cut short"));
        assert!(wrong(b"P6 99999 1 255 abc").contains("cut short"));
        assert!(wrong(b"P6").contains("cut short"));
        assert!(wrong(b"GIF89a").contains("neither PNG nor binary PPM"));
        std::fs::write(media.file(&held.address), b"other").unwrap();
        assert!(media.take(&held.address).unwrap_err().contains("is another one"));
        assert!(media.take("../../etc/passwd").unwrap_err().contains("no SHA-256"));
        assert!(media.take(&"0".repeat(64)).unwrap_err().contains("there is no picture"));
    }

    #[test]
    fn the_folder_is_bounded_and_pictures_in_use_stay() {
        let media = Media { kept: 40, ..Media::new().unwrap() };
        let put = |value| media.put(&Image::filled(2, 1, [value; 3])).unwrap();
        let (first, second) = (put(1), put(2));
        let names = [first.address.clone(), second.address.clone()];
        drop(second);
        drop(put(3));
        let there = |at: usize| media.file(&names[at]).is_file();
        assert!(there(0) && !there(1), "the one in use is the oldest");
        drop(first);
        assert_eq!(std::fs::read_dir(media.path()).unwrap().count(), 2);
    }
}
