//! The kernels' own source, compiled as C++ and started by the same launches, against the operations on the CPU.

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_void},
    path::Path,
    process::Command,
    sync::OnceLock,
};

use candle_core::{Device, Tensor};
use galley_core::Random;

use super::{
    launches::{self, Arg, AttendBuffers, Draw, Kind, Launch, Shape},
    reach::DIMS,
};
use crate::policy::{
    SampleOptions,
    decode::draw_at,
    ops::{self, Angles},
};

type Start = unsafe extern "C" fn(*const c_char, *const c_uint, c_uint, *mut *mut c_void) -> c_int;

/// Compiles the kernels and opens them; `None`, with a line that says so, where there is no C++ compiler.
fn kernels() -> Option<Start> {
    static KERNELS: OnceLock<Option<Start>> = OnceLock::new();
    *KERNELS.get_or_init(|| {
        let Ok(version) = Command::new("c++").arg("--version").output() else {
            println!("there is no C++ compiler: the kernels were not tested");
            return None;
        };
        assert!(version.status.success());
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("kernels.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy/cuda/emulated.h");
        let options = ["-std=c++17", "-O1", "-fPIC", "-shared", "-w", "-x", "c++"];
        let done = Command::new("c++").args(options).arg(source).arg("-o").arg(&library).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let path = CString::new(library.to_str().unwrap()).unwrap();
        // SAFETY: both strings end with a zero; the library has no constructors of its own.
        let symbol = unsafe {
            let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
            assert!(!library.is_null());
            libc::dlsym(library, c"launch".as_ptr())
        };
        assert!(!symbol.is_null());
        // SAFETY: the header defines `launch` with this signature.
        Some(unsafe { std::mem::transmute::<*mut c_void, Start>(symbol) })
    })
}

/// Emulated threads are global to the library.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn start(kernels: Start, launch: &Launch) {
    let _turn = ONE_AT_A_TIME.lock().unwrap();
    let mut args: Vec<*mut c_void> = launch
        .args
        .iter()
        .map(|arg| match arg {
            Arg::Pointer(x) => std::ptr::from_ref(x).cast_mut().cast(),
            Arg::Int(x) => std::ptr::from_ref(x).cast_mut().cast(),
            Arg::Unsigned(x) => std::ptr::from_ref(x).cast_mut().cast(),
            Arg::Float(x) => std::ptr::from_ref(x).cast_mut().cast(),
        })
        .collect();
    let name = CString::new(launch.kernel.as_str()).unwrap();
    // SAFETY: buffers are alive and as large as the launch says; the arguments lie in `launch`.
    let code = unsafe { kernels(name.as_ptr(), launch.grid.as_ptr(), launch.block, args.as_mut_ptr()) };
    assert_eq!(code, 0, "{} is not in the header's table", launch.kernel);
}

/// Numbers in the type of a kernel.
enum Buffer {
    F32(Vec<f32>),
    Bf16(Vec<half::bf16>),
}

impl Buffer {
    fn of(values: &[f32], kind: Kind) -> Self {
        match kind {
            Kind::F32 => Self::F32(values.to_vec()),
            Kind::Bf16 => Self::Bf16(values.iter().map(|&x| half::bf16::from_f32(x)).collect()),
        }
    }

    fn at(&mut self) -> u64 {
        match self {
            Self::F32(x) => x.as_mut_ptr() as u64,
            Self::Bf16(x) => x.as_mut_ptr() as u64,
        }
    }

    /// As the kernel sees them.
    fn floats(&self) -> Vec<f32> {
        match self {
            Self::F32(x) => x.clone(),
            Self::Bf16(x) => x.iter().map(|x| x.to_f32()).collect(),
        }
    }
}

fn normal(random: &mut Random, count: usize, kind: Kind) -> Buffer {
    Buffer::of(&(0..count).map(|_| random.normal() as f32).collect::<Vec<_>>(), kind)
}

fn tensor(values: Vec<f32>, shape: &[usize]) -> Tensor {
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Largest difference, in parts of what bf16 or f32 resolves at that size.
fn check(what: &str, kind: Kind, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len());
    let step = if kind == Kind::F32 { 2e-6 } else { 0.5 / 128.0 };
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        let gate = step * want.abs().max(1.0);
        assert!((got - want).abs() <= gate, "{what}, {kind:?}: {got} for {want} at {at}");
    }
}

const KINDS: [Kind; 2] = [Kind::F32, Kind::Bf16];

#[test]
fn attention_over_a_cache() {
    let Some(kernels) = kernels() else { return };
    let mut random = Random::new(1);
    // Groups of 1, 2, 4 and 6 query heads; one split and several; lanes of very different lengths.
    let cases = [(0, 3, 4, 4, 40), (1, 2, 4, 2, 300), (2, 1, 6, 1, 700), (3, 2, 8, 2, 33), (4, 1, 4, 1, 513)];
    for (kind, (dim, lanes, heads, kv_heads, columns)) in
        KINDS.into_iter().flat_map(|kind| cases.map(|case| (kind, case)))
    {
        let dim = DIMS[dim];
        let shape = Shape { lanes, heads, kv_heads, dim, capacity: columns + 7, columns };
        let cache = lanes * kv_heads * shape.capacity * dim;
        let [mut query, mut keys, mut values] =
            [lanes * heads * dim, cache, cache].map(|count| normal(&mut random, count, kind));
        let first: Vec<u32> = (0..lanes).map(|lane| (lane * (columns - 1) / lanes.max(2)) as u32).collect();
        let mut out = Buffer::of(&vec![f32::NAN; lanes * heads * dim], kind);
        let mut partial = vec![f32::NAN; shape.partial()];
        let at = AttendBuffers {
            query: query.at(),
            keys: keys.at(),
            values: values.at(),
            first: first.as_ptr() as u64,
            out: out.at(),
            partial: partial.as_mut_ptr() as u64,
        };
        launches::attend(kind, shape, at).iter().for_each(|launch| start(kernels, launch));
        let side = [lanes, kv_heads, shape.capacity, dim];
        let query = tensor(query.floats(), &[lanes, heads * dim]);
        let (keys, values) = (tensor(keys.floats(), &side), tensor(values.floats(), &side));
        let first = Tensor::new(first, &Device::Cpu).unwrap();
        let want = ops::attend(&query, &keys, &values, &first, columns).unwrap();
        check(&format!("dim {dim}"), kind, &out.floats(), &flat(&want));
    }
}

#[test]
fn norms_rotation_and_gate() {
    let Some(kernels) = kernels() else { return };
    let mut random = Random::new(2);
    for kind in KINDS {
        let (rows, width) = (3, 200);
        let [mut x, mut weight, mut y] =
            [rows * width, width, rows * width].map(|count| normal(&mut random, count, kind));
        start(kernels, &launches::rms_norm(kind, rows, width, 1e-6, [x.at(), weight.at(), y.at()]));
        let [inputs, weights] = [tensor(x.floats(), &[rows, width]), tensor(weight.floats(), &[width])];
        check("norm", kind, &y.floats(), &flat(&ops::rms_norm(&inputs, &weights, 1e-6).unwrap()));

        let [tokens, heads, half] = [5, 3, 20];
        let count = tokens * heads * 2 * half;
        let [mut x, mut weight, mut y] =
            [count, 2 * half, count].map(|count| normal(&mut random, count, kind));
        let angles: Vec<f32> = (0..tokens * half).map(|_| random.normal() as f32 * 3.0).collect();
        let angles = Angles::new(&angles, half);
        let (cos, sin) = (angles.cos.as_ptr() as u64, angles.sin.as_ptr() as u64);
        let buffers = [x.at(), weight.at(), cos, sin, y.at()];
        start(kernels, &launches::norm_rotate(kind, [tokens, heads, half], 1e-6, buffers));
        let inputs = tensor(x.floats(), &[tokens, heads * 2 * half]);
        let want = ops::norm_rotate(&inputs, &tensor(weight.floats(), &[2 * half]), 1e-6, &angles).unwrap();
        check("rotation", kind, &y.floats(), &flat(&want));

        let [mut gate, mut up, mut y] = [700; 3].map(|count| normal(&mut random, count, kind));
        start(kernels, &launches::swiglu(kind, 700, [gate.at(), up.at(), y.at()]));
        let want = ops::swiglu(&tensor(gate.floats(), &[1, 700]), &tensor(up.floats(), &[1, 700])).unwrap();
        check("gate", kind, &y.floats(), &flat(&want));
    }
}

#[test]
fn a_row_without_numbers_gives_the_first_token() {
    let Some(kernels) = kernels() else { return };
    let (logits, uniform, mut out) = (vec![f32::NAN; 100], [0.5f64], [f32::NAN; 3]);
    for temperature in [0.0, 1.0] {
        let how = Draw { rows: 1, vocab: 100, temperature, top_k: 0, top_p: 1.0 };
        let buffers = [logits.as_ptr() as u64, uniform.as_ptr() as u64, out.as_mut_ptr() as u64];
        start(kernels, &launches::draw(Kind::F32, how, 64, buffers));
        assert_eq!(out[0], 0.0);
    }
}

#[test]
fn tokens_are_those_that_the_cpu_draws() {
    let Some(kernels) = kernels() else { return };
    let mut random = Random::new(3);
    let (rows, vocab) = (6, 331);
    let filters =
        [(1.0, 0, 1.0), (0.0, 0, 1.0), (0.7, 0, 1.0), (1.0, 12, 1.0), (1.3, 0, 0.8), (0.9, 40, 0.6)];
    for (kind, (temperature, top_k, top_p)) in
        KINDS.into_iter().flat_map(|kind| filters.map(|filter| (kind, filter)))
    {
        // In bf16 many logits are equal: ties at the cut are there.
        let mut logits = normal(&mut random, rows * vocab, kind);
        let uniform: Vec<f64> = (0..rows).map(|_| random.uniform()).collect();
        let mut out = vec![f32::NAN; rows * 3];
        let how = Draw { rows, vocab, temperature, top_k, top_p };
        let buffers = [logits.at(), uniform.as_ptr() as u64, out.as_mut_ptr() as u64];
        start(kernels, &launches::draw(kind, how, 64, buffers));
        let options = SampleOptions { temperature, top_k, top_p, ..SampleOptions::default() };
        for ((row, got), &uniform) in logits.floats().chunks(vocab).zip(out.chunks(3)).zip(&uniform) {
            let want = draw_at(row, &options, &[], uniform);
            assert_eq!(got[0] as u32, want.token, "{options:?}");
            for (got, want) in [(got[1], want.logprob), (got[2], want.sampling_logprob)] {
                assert!((got - want).abs() < 1e-5, "{options:?}: {got} {want}");
            }
        }
    }
}
