//! Starting the kernels on a GPU.
//!
//! Everything is started on the stream of candle's device, behind what made the operands; buffers are given back to the
//! same stream, so one that is dropped here is reused only behind the kernel that reads it. That stream is the calling
//! thread's own: a policy on a GPU is used by one thread.

use candle_core::{
    CudaDevice, CudaStorage, DType, Layout, Result, Shape as Dims, Storage, Tensor,
    backend::BackendStorage,
    bail,
    cuda_backend::{
        CudaDType, WrapErr,
        cudarc::driver::{CudaSlice, DevicePtr, LaunchConfig, PushKernelArg},
    },
};
use half::bf16;

use super::launches::{self, Arg, AttendBuffers, Draw, Kind, Launch, Shape};

/// All kernels, as `build.rs` compiled them.
const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels.ptx"));

/// Threads that draw a token.
const DRAWING: u32 = 1024;

fn start(device: &CudaDevice, launch: &Launch) -> Result<()> {
    if launch.grid.contains(&0) {
        // Nothing to compute, which a driver calls an error.
        return Ok(());
    }
    if launch.args.contains(&Arg::Int(i32::MAX)) || launch.grid[1..].iter().any(|&side| side > 65_535) {
        bail!("{} is given more than it can count: {:?}", launch.kernel, launch.args);
    }
    let kernel = device.get_or_load_custom_func(&launch.kernel, "galley", PTX)?;
    let mut builder = kernel.builder();
    for arg in &launch.args {
        match arg {
            Arg::Pointer(address) => builder.arg(address),
            Arg::Int(number) => builder.arg(number),
            Arg::Unsigned(number) => builder.arg(number),
            Arg::Float(number) => builder.arg(number),
        };
    }
    let [x, y, z] = launch.grid;
    let config = LaunchConfig { grid_dim: (x, y, z), block_dim: (launch.block, 1, 1), shared_mem_bytes: 0 };
    // SAFETY: the arguments are those of the kernel, in type and order (tested by emulation), and the buffers behind
    // them are as large as the shapes say.
    unsafe { builder.launch(config) }.w()?;
    Ok(())
}

/// The type that all operands have.
fn kind<const N: usize>(operands: [Operand<'_>; N]) -> Result<Kind> {
    let first = operands[0].0.dtype();
    if let Some((other, _)) = operands.iter().find(|(storage, _)| storage.dtype() != first) {
        bail!("a kernel's operands are {first:?} and {:?}", other.dtype());
    }
    match first {
        DType::F32 => Ok(Kind::F32),
        DType::BF16 => Ok(Kind::Bf16),
        other => bail!("the kernels do not read {other:?}"),
    }
}

/// Address of a slice from an element on.
fn address<T>(slice: &CudaSlice<T>, offset: usize, device: &CudaDevice) -> u64 {
    // All slices are of the device's one stream, which runs in order: nothing needs to be waited for.
    let (pointer, _) = slice.device_ptr(&device.cuda_stream());
    pointer + (offset * size_of::<T>()) as u64
}

/// Address of a contiguous operand.
fn operand(storage: &CudaStorage, layout: &Layout) -> Result<u64> {
    let Some((start, _)) = layout.contiguous_offsets() else { bail!("a kernel needs contiguous operands") };
    let device = storage.device();
    Ok(match storage.dtype() {
        DType::F32 => address(storage.as_cuda_slice::<f32>()?, start, device),
        DType::BF16 => address(storage.as_cuda_slice::<bf16>()?, start, device),
        DType::U32 => address(storage.as_cuda_slice::<u32>()?, start, device),
        DType::F64 => address(storage.as_cuda_slice::<f64>()?, start, device),
        other => bail!("the kernels do not read {other:?}"),
    })
}

/// Calls `f` with a tensor's address.
fn with_address<T>(tensor: &Tensor, f: impl FnOnce(u64) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cuda(storage) => f(operand(storage, layout)?),
        _ => bail!("an operand of a kernel is not on the GPU"),
    }
}

/// A new buffer of `count` numbers like `like`'s, filled by `f`, which gets its address.
fn filled(like: &CudaStorage, count: usize, f: impl FnOnce(u64) -> Result<()>) -> Result<CudaStorage> {
    match like.dtype() {
        DType::F32 => fill::<f32>(like.device(), count, f),
        DType::BF16 => fill::<bf16>(like.device(), count, f),
        other => bail!("the kernels do not write {other:?}"),
    }
}

fn fill<T>(device: &CudaDevice, count: usize, f: impl FnOnce(u64) -> Result<()>) -> Result<CudaStorage>
where
    T: CudaDType + candle_core::cuda_backend::cudarc::driver::DeviceRepr,
{
    // SAFETY: the kernel writes every number before anyone reads.
    let slice = unsafe { device.alloc::<T>(count) }?;
    f(address(&slice, 0, device))?;
    Ok(CudaStorage::wrap_cuda_slice(slice, device.clone()))
}

type Operand<'a> = (&'a CudaStorage, &'a Layout);

/// As `ops::rms_norm`.
pub(in crate::policy) fn rms_norm(
    x: Operand<'_>,
    weight: Operand<'_>,
    eps: f32,
) -> Result<(CudaStorage, Dims)> {
    let (width, count) = (weight.1.shape().elem_count(), x.1.shape().elem_count());
    if x.1.dims().last() != Some(&width) {
        bail!("a norm of width {width} cannot take {:?}", x.1.dims());
    }
    let out = filled(x.0, count, |y| {
        let buffers = [operand(x.0, x.1)?, operand(weight.0, weight.1)?, y];
        start(x.0.device(), &launches::rms_norm(kind([x, weight])?, count / width, width, eps, buffers))
    })?;
    Ok((out, x.1.shape().clone()))
}

/// As `ops::norm_rotate`; cosines and sines are `[tokens, half]` in f32.
pub(in crate::policy) fn norm_rotate(
    x: Operand<'_>,
    weight: Operand<'_>,
    [cos, sin]: [&Tensor; 2],
    eps: f32,
) -> Result<(CudaStorage, Dims)> {
    let ((tokens, half), (rows, width)) = (cos.dims2()?, x.1.shape().dims2()?);
    if rows != tokens || sin.dims() != cos.dims() || weight.1.dims() != [2 * half] || width % (2 * half) != 0
    {
        bail!("angles of {:?} and a norm of {:?} do not fit {:?}", cos.dims(), weight.1.dims(), x.1.dims());
    }
    let out = filled(x.0, tokens * width, |y| {
        with_address(cos, |cos| {
            with_address(sin, |sin| {
                let buffers = [operand(x.0, x.1)?, operand(weight.0, weight.1)?, cos, sin, y];
                let shape = [tokens, width / (2 * half), half];
                start(x.0.device(), &launches::norm_rotate(kind([x, weight])?, shape, eps, buffers))
            })
        })
    })?;
    Ok((out, x.1.shape().clone()))
}

/// As `ops::swiglu`.
pub(in crate::policy) fn swiglu(gate: Operand<'_>, up: Operand<'_>) -> Result<(CudaStorage, Dims)> {
    let count = gate.1.shape().elem_count();
    if up.1.shape().elem_count() != count || u32::try_from(count).is_err() {
        bail!("a gate of {:?} does not fit {:?}, or is too large", gate.1.dims(), up.1.dims());
    }
    let out = filled(gate.0, count, |y| {
        let buffers = [operand(gate.0, gate.1)?, operand(up.0, up.1)?, y];
        start(gate.0.device(), &launches::swiglu(kind([gate, up])?, count, buffers))
    })?;
    Ok((out, gate.1.shape().clone()))
}

/// As `ops::attend`: `first` is `[lanes]`.
pub(in crate::policy) fn attend(
    query: Operand<'_>,
    keys: Operand<'_>,
    values: Operand<'_>,
    first: &Tensor,
    columns: usize,
) -> Result<(CudaStorage, Dims)> {
    let (lanes, kv_heads, capacity, dim) = keys.1.shape().dims4()?;
    let (_, width) = query.1.shape().dims2()?;
    let shape = Shape { lanes, heads: width / dim, kv_heads, dim, capacity, columns };
    for side in [keys, values] {
        if operand(side.0, side.1)? % 16 != 0 {
            bail!("keys and values must begin at a multiple of 16 bytes");
        }
    }
    let device = query.0.device();
    // SAFETY: every split writes its part before they are merged.
    let partial = unsafe { device.alloc::<f32>(shape.partial().max(1)) }?;
    let out = filled(query.0, lanes * width, |out| {
        with_address(first, |first| {
            let buffers = AttendBuffers {
                query: operand(query.0, query.1)?,
                keys: operand(keys.0, keys.1)?,
                values: operand(values.0, values.1)?,
                first,
                out,
                partial: address(&partial, 0, device),
            };
            let launches = launches::attend(kind([query, keys, values])?, shape, buffers);
            launches.iter().try_for_each(|launch| start(device, launch))
        })
    })?;
    Ok((out, query.1.shape().clone()))
}

/// A token of each row of logits: `[rows, 3]` in f32.
pub(in crate::policy) fn draw(
    logits: Operand<'_>,
    uniform: &[f64],
    temperature: f32,
    top_k: usize,
    top_p: f32,
) -> Result<(CudaStorage, Dims)> {
    let (rows, vocab) = logits.1.shape().dims2()?;
    if uniform.len() != rows || vocab == 0 || vocab >= 1 << 24 {
        bail!("{} places do not fit {rows} rows over {vocab} tokens", uniform.len());
    }
    let device = logits.0.device();
    let uniform = device.clone_htod(uniform)?;
    let out = fill::<f32>(device, rows * 3, |out| {
        let buffers = [operand(logits.0, logits.1)?, address(&uniform, 0, device), out];
        let how = Draw { rows, vocab, temperature, top_k, top_p };
        start(device, &launches::draw(kind([logits])?, how, DRAWING, buffers))
    })?;
    Ok((out, (rows, 3).into()))
}
