//! A picture as plain bytes.

/// An 8-bit RGB picture, row-major from the left upper corner: `rgb.len() == width * height * 3`. The default one has no pixels.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Image {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Image {
    /// # Panics
    /// If `rgb` does not hold exactly three bytes a pixel.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        assert_eq!(rgb.len(), width as usize * height as usize * 3, "an RGB picture holds 3 bytes a pixel");
        Self { width, height, rgb }
    }

    pub fn filled(width: u32, height: u32, colour: [u8; 3]) -> Self {
        Self { width, height, rgb: colour.repeat(width as usize * height as usize) }
    }

    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = (y as usize * self.width as usize + x as usize) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// BLAKE3 over size and pixels, in hexadecimal: equal exactly for equal pictures.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.width.to_le_bytes()).update(&self.height.to_le_bytes()).update(&self.rgb);
        hasher.finalize().to_hex().to_string()
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}x{})", self.width, self.height)
    }
}
