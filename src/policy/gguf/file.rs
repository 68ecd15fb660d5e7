//! The container: fields and tensors of a GGUF file, every length checked before it is believed.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, ggml_file::qtensor_from_ggml},
};
use memmap2::Mmap;

use crate::policy::{PolicyError, Result};

/// A field's value; lists are flat.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Number(f64),
    Flag(bool),
    Text(String),
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Outermost first, as everywhere else here.
    pub(super) shape: Vec<usize>,
    kind: u32,
    offset: usize,
}

/// A mapped file.
pub(super) struct Gguf {
    path: PathBuf,
    bytes: Mmap,
    fields: BTreeMap<String, Field>,
    pub(super) tensors: BTreeMap<String, Place>,
    /// Where the tensors' bytes begin.
    data: usize,
}

/// A tensor lies at a multiple of this many bytes, unless the file says otherwise.
const ALIGNMENT: usize = 32;
/// Longest shape that is believed.
const MOST_AXES: usize = 4;

impl Gguf {
    /// Maps a file and reads its head.
    ///
    /// # Errors
    /// [`PolicyError::Weights`] with the field or tensor at which the file stops making sense.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(PolicyError::io(path))?;
        // SAFETY: a mapped file that another process cuts short while it is read would fault; weight files are not
        // written while they are read.
        let bytes = unsafe { Mmap::map(&file) }.map_err(PolicyError::io(path))?;
        let bad = |problem: String| PolicyError::Weights { path: path.into(), problem };
        let (fields, tensors, end) = head(&bytes).map_err(bad)?;
        let alignment = match fields.get("general.alignment") {
            None => ALIGNMENT,
            Some(Field::Number(n)) if (8.0..=65_536.0).contains(n) && (*n as usize).is_multiple_of(8) => {
                *n as usize
            }
            Some(other) => return Err(bad(format!("`general.alignment` is {other:?}"))),
        };
        let data = end.next_multiple_of(alignment);
        Ok(Self { path: path.into(), bytes, fields, tensors, data })
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> PolicyError {
        PolicyError::Weights { path: self.path.clone(), problem: problem.into() }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<&str> {
        match self.field(name) {
            Some(Field::Text(text)) => Ok(text),
            other => Err(self.error(format!("`{name}` is {}, not a text", shown(other)))),
        }
    }

    pub(super) fn real(&self, name: &str) -> Result<f64> {
        match self.field(name) {
            Some(Field::Number(number)) => Ok(*number),
            other => Err(self.error(format!("`{name}` is {}, not a number", shown(other)))),
        }
    }

    pub(super) fn count(&self, name: &str) -> Result<usize> {
        let number = self.real(name)?;
        if number.fract() != 0.0 || !(0.0..=u32::MAX.into()).contains(&number) {
            return Err(self.error(format!("`{name}` is {number}, not a count")));
        }
        Ok(number as usize)
    }

    pub(super) fn texts(&self, name: &str) -> Result<&[String]> {
        match self.field(name) {
            Some(Field::Texts(texts)) => Ok(texts),
            other => Err(self.error(format!("`{name}` is {}, not a list of texts", shown(other)))),
        }
    }

    /// A tensor's values in f32.
    pub(super) fn tensor(&self, name: &str) -> Result<Tensor> {
        let place = self.tensors.get(name).ok_or_else(|| self.error(format!("`{name}` is missing")))?;
        let bad = |problem: &str| self.error(format!("`{name}` {problem}"));
        let kind = kind(place.kind).ok_or_else(|| bad(&format!("has the unknown kind {}", place.kind)))?;
        let elements = place.shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
        let size = elements.filter(|n| n % kind.block_size() == 0).map(|n| n / kind.block_size());
        let size = size.and_then(|blocks| blocks.checked_mul(kind.type_size()));
        let start = self.data.checked_add(place.offset);
        let end = start.zip(size).and_then(|(start, size)| start.checked_add(size));
        let range = start.zip(end).ok_or_else(|| bad("has an impossible size"))?;
        let bytes =
            self.bytes.get(range.0..range.1).ok_or_else(|| bad("goes beyond the file; truncated?"))?;
        if !range.0.is_multiple_of(8) {
            return Err(bad("is not aligned"));
        }
        let quantised = qtensor_from_ggml(kind, bytes, place.shape.clone(), &Device::Cpu)?;
        Ok(quantised.dequantize(&Device::Cpu)?)
    }
}

fn shown(field: Option<&Field>) -> String {
    match field {
        None => "missing".to_owned(),
        Some(Field::Texts(_)) => "a list of texts".to_owned(),
        Some(Field::Numbers(_)) => "a list of numbers".to_owned(),
        Some(field) => format!("{field:?}"),
    }
}

fn kind(number: u32) -> Option<GgmlDType> {
    Some(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

type Head = (BTreeMap<String, Field>, BTreeMap<String, Place>, usize);

/// Fields, tensors, and where they end.
fn head(bytes: &[u8]) -> Result<Head, String> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.take(4)? != b"GGUF" {
        return Err("does not begin with GGUF".to_owned());
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("has version {version}; known: 2, 3"));
    }
    let (tensor_count, field_count) = (reader.u64()?, reader.u64()?);
    let mut fields = BTreeMap::new();
    for index in 0..field_count {
        let name = reader.text().map_err(|problem| format!("field {index}: {problem}"))?;
        let kind = reader.u32()?;
        let value = reader.value(kind).map_err(|problem| format!("`{name}`: {problem}"))?;
        fields.insert(name, value);
    }
    let mut tensors = BTreeMap::new();
    for index in 0..tensor_count {
        let name = reader.text().map_err(|problem| format!("tensor {index}: {problem}"))?;
        let place = reader.place().map_err(|problem| format!("tensor `{name}`: {problem}"))?;
        tensors.insert(name, place);
    }
    Ok((fields, tensors, reader.at))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| format!("the file ends at byte {}; truncated?", self.bytes.len()))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "a number is cut".to_owned())
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize, String> {
        usize::try_from(self.u64()?).map_err(|_| "a length is too large".to_owned())
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a text is not UTF-8".to_owned())
    }

    fn number(&mut self, kind: u32) -> Result<f64, String> {
        Ok(match kind {
            0 => f64::from(self.array::<1>()?[0]),
            1 => f64::from(i8::from_le_bytes(self.array()?)),
            2 => f64::from(u16::from_le_bytes(self.array()?)),
            3 => f64::from(i16::from_le_bytes(self.array()?)),
            4 => f64::from(self.u32()?),
            5 => f64::from(i32::from_le_bytes(self.array()?)),
            6 => f64::from(f32::from_le_bytes(self.array()?)),
            10 => self.u64()? as f64,
            11 => i64::from_le_bytes(self.array()?) as f64,
            12 => f64::from_le_bytes(self.array()?),
            _ => return Err(format!("has the unknown kind {kind}")),
        })
    }

    fn value(&mut self, kind: u32) -> Result<Field, String> {
        match kind {
            7 => Ok(Field::Flag(self.array::<1>()?[0] != 0)),
            8 => self.text().map(Field::Text),
            9 => self.list(),
            _ => self.number(kind).map(Field::Number),
        }
    }

    fn list(&mut self) -> Result<Field, String> {
        let (kind, count) = (self.u32()?, self.length()?);
        // Every entry takes at least a byte, so a count beyond the file is damage.
        if count > self.bytes.len() - self.at {
            return Err(format!("{count} entries do not fit the file; truncated?"));
        }
        match kind {
            8 => (0..count).map(|_| self.text()).collect::<Result<_, _>>().map(Field::Texts),
            7 => (0..count).map(|_| self.number(0)).collect::<Result<_, _>>().map(Field::Numbers),
            _ => (0..count).map(|_| self.number(kind)).collect::<Result<_, _>>().map(Field::Numbers),
        }
    }

    fn place(&mut self) -> Result<Place, String> {
        let axes = self.u32()? as usize;
        if axes > MOST_AXES {
            return Err(format!("has {axes} axes"));
        }
        let mut shape = (0..axes).map(|_| self.length()).collect::<Result<Vec<_>, _>>()?;
        shape.reverse();
        let kind = self.u32()?;
        Ok(Place { shape, kind, offset: self.length()? })
    }
}
