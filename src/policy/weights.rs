//! Reading and writing safetensors: one file or shards, mapped into memory, names checked both ways.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{
    PolicyError, Result,
    names::{Named, official},
};

/// Reads exactly the tensors of `wanted` from the weight files of `dir`, in that order.
///
/// # Errors
/// Names the file that is truncated, of a wrong shape or dtype, or holds NaN; lists missing and unexpected names.
pub(super) fn load(
    wanted: &[Named],
    dir: &Path,
    dtype: DType,
    device: &Device,
) -> Result<Vec<(String, Tensor)>> {
    let mut found = BTreeMap::new();
    for path in files(dir)? {
        read_file(&path, dtype, device, &mut found)?;
    }
    let mut missing = Vec::new();
    let mut tensors = Vec::with_capacity(wanted.len());
    for (name, shape) in wanted {
        match found.remove(name) {
            Some((tensor, path)) => tensors.push((name.clone(), shaped(name, shape, tensor, &path)?)),
            None => missing.push(name.clone()),
        }
    }
    let unexpected: Vec<String> = found.into_keys().collect();
    if missing.is_empty() && unexpected.is_empty() {
        Ok(tensors)
    } else {
        Err(PolicyError::Names { missing, unexpected })
    }
}

/// Every tensor of one file.
pub(super) fn load_file(path: &Path, dtype: DType, device: &Device) -> Result<BTreeMap<String, Tensor>> {
    let mut found = BTreeMap::new();
    read_file(path, dtype, device, &mut found)?;
    Ok(found.into_iter().map(|(name, (tensor, _))| (name, tensor)).collect())
}

fn shaped(name: &str, shape: &[usize], tensor: Tensor, path: &Path) -> Result<Tensor> {
    if tensor.dims() == shape {
        return Ok(tensor);
    }
    let problem = format!("`{name}` has shape {:?}, the configuration says {shape:?}", tensor.dims());
    Err(PolicyError::Weights { path: path.into(), problem })
}

/// The weight files of a folder.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let single = dir.join("model.safetensors");
    let index = dir.join("model.safetensors.index.json");
    if single.exists() || !index.exists() {
        return Ok(vec![single]);
    }
    let text = std::fs::read_to_string(&index).map_err(PolicyError::io(&index))?;
    let json: serde_json::Value = serde_json::from_str(&text)
        .map_err(|source| PolicyError::Json { what: index.display().to_string(), source })?;
    let map = json.get("weight_map").and_then(|map| map.as_object());
    let names = map.map(|map| map.values().filter_map(|file| file.as_str()).collect::<BTreeSet<_>>());
    let bad = |problem: String| PolicyError::Weights { path: index.clone(), problem };
    let names = names.ok_or_else(|| bad("has no `weight_map`".into()))?;
    if let Some(name) = names.iter().find(|name| Path::new(name).file_name().is_none_or(|own| own != **name))
    {
        return Err(bad(format!("`weight_map` names `{name}`, which is no file of the folder")));
    }
    Ok(names.into_iter().map(|name| dir.join(name)).collect())
}

fn read_file(
    path: &Path,
    dtype: DType,
    device: &Device,
    found: &mut BTreeMap<String, (Tensor, PathBuf)>,
) -> Result<()> {
    let bad = |problem: String| PolicyError::Weights { path: path.into(), problem };
    let file = File::open(path).map_err(PolicyError::io(path))?;
    // SAFETY: a mapped file that another process cuts short while it is read would fault; weight files are not
    // written while they are read.
    let bytes = unsafe { Mmap::map(&file) }.map_err(PolicyError::io(path))?;
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|error| bad(format!("not readable ({error}); truncated?")))?;
    for (name, view) in tensors.iter() {
        let kind =
            dtype_of(view.dtype()).ok_or_else(|| bad(format!("`{name}` has dtype {:?}", view.dtype())))?;
        let tensor = Tensor::from_raw_buffer(view.data(), kind, view.shape(), &Device::Cpu)?;
        if kind.is_float() && !finite(&tensor)? {
            return Err(bad(format!("`{name}` holds NaN or infinity")));
        }
        let tensor = if kind.is_float() { tensor.to_dtype(dtype)? } else { tensor };
        found.insert(official(name), (tensor.to_device(device)?, path.to_path_buf()));
    }
    Ok(())
}

fn dtype_of(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I64 => DType::I64,
        Dtype::U32 => DType::U32,
        Dtype::U8 => DType::U8,
        _ => return None,
    })
}

pub(super) fn finite(tensor: &Tensor) -> Result<bool> {
    let values = tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
    Ok(values.iter().all(|value| value.is_finite()))
}

/// Writes tensors as f32 under a temporary name and renames: a reader sees all or nothing.
pub(super) fn save<'a>(tensors: impl Iterator<Item = (&'a str, &'a Tensor)>, path: &Path) -> Result<()> {
    let mut flat = Vec::new();
    for (name, tensor) in tensors {
        let values = tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        flat.push((name.to_string(), tensor.dims().to_vec(), values));
    }
    save_floats(
        flat.iter().map(|(name, shape, values)| (name.as_str(), shape.clone(), values.as_slice())),
        path,
    )
}

/// The same for plain floats.
pub(super) fn save_floats<'a>(
    tensors: impl Iterator<Item = (&'a str, Vec<usize>, &'a [f32])>,
    path: &Path,
) -> Result<()> {
    let bad = |error: safetensors::SafeTensorError| PolicyError::Weights {
        path: path.into(),
        problem: error.to_string(),
    };
    let bytes: Vec<(&str, Vec<usize>, Vec<u8>)> = tensors
        .map(|(name, shape, values)| {
            (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (*name, view)).map_err(bad)
    });
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    let file = safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata)).map_err(bad)?;
    let temporary = path.with_extension("tmp");
    std::fs::write(&temporary, file).map_err(PolicyError::io(&temporary))?;
    std::fs::rename(&temporary, path).map_err(PolicyError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_file_and_nan_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        let tensor = Tensor::new(&[1f32, f32::NAN], &Device::Cpu).unwrap();
        save([("w", &tensor)].into_iter(), &path).unwrap();
        let wanted = [("w".to_string(), vec![2])];
        let error = load(&wanted, dir.path(), DType::F32, &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("`w` holds NaN") && error.contains("model.safetensors"), "{error}");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        let error = load(&wanted, dir.path(), DType::F32, &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("truncated"), "{error}");
    }

    #[test]
    fn a_text_only_checkpoint_gets_the_names_of_the_larger_one() {
        assert_eq!(
            official("model.layers.0.mlp.up_proj.weight"),
            "model.language_model.layers.0.mlp.up_proj.weight"
        );
        assert_eq!(official("model.visual.merger.norm.bias"), "model.visual.merger.norm.bias");
    }

    #[test]
    fn missing_and_unexpected_names_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let tensor = Tensor::new(&[1f32], &Device::Cpu).unwrap();
        save([("extra", &tensor)].into_iter(), &dir.path().join("model.safetensors")).unwrap();
        let error = load(&[("w".to_string(), vec![1])], dir.path(), DType::F32, &Device::Cpu).unwrap_err();
        assert_eq!(
            error.to_string(),
            "weights do not fit the configuration: missing [w], unexpected [extra]"
        );
    }
}
