//! The arrays of one file, with a note of which were asked for.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context, Result};
use candle_core::{DType, Device, Tensor};

/// Arrays by name.
pub struct Arrays {
    all: BTreeMap<String, Tensor>,
    asked: RefCell<BTreeSet<String>>,
}

impl Arrays {
    pub fn read(path: &Path) -> Result<Self> {
        let all = candle_core::safetensors::load(path, &Device::Cpu)
            .with_context(|| format!("reading {}", path.display()))?;
        Ok(Self { all: all.into_iter().collect(), asked: RefCell::default() })
    }

    /// An array, which counts as looked at from now on.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        let found = self.all.get(name)?;
        self.asked.borrow_mut().insert(name.to_owned());
        Some(found)
    }

    /// # Errors
    /// Names the array that is not there.
    pub fn need(&self, name: &str) -> Result<&Tensor> {
        self.get(name).with_context(|| format!("there is no array `{name}`"))
    }

    pub fn floats(&self, name: &str) -> Result<Option<Vec<f64>>> {
        self.get(name).map(floats).transpose()
    }

    pub fn integers(&self, name: &str) -> Result<Option<Vec<i64>>> {
        self.get(name).map(integers).transpose()
    }

    /// Names with an ending, without it.
    pub fn stems(&self, end: &str) -> Vec<String> {
        self.all.keys().filter_map(|name| Some(name.strip_suffix(end)?.to_owned())).collect()
    }

    /// Names with a beginning, without it.
    pub fn under(&self, start: &str) -> Vec<String> {
        self.all.keys().filter_map(|name| Some(name.strip_prefix(start)?.to_owned())).collect()
    }

    /// What nobody asked for.
    pub fn untouched(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        self.all.keys().filter(|name| !asked.contains(*name)).cloned().collect()
    }
}

pub fn floats(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.flatten_all()?.to_dtype(DType::F64)?.to_vec1()?)
}

pub fn integers(tensor: &Tensor) -> Result<Vec<i64>> {
    Ok(tensor.flatten_all()?.to_dtype(DType::I64)?.to_vec1()?)
}

pub fn bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    Ok(tensor.flatten_all()?.to_vec1()?)
}
