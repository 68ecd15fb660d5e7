//! Compiles the project's own kernels for the feature `cuda`; does nothing without it.

use std::{error::Error, path::PathBuf, process::Command};

const KERNELS: &str = "src/policy/cuda/kernels.cu";

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={KERNELS}");
    if std::env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return Ok(());
    }
    // CUDA's libraries may lie beside the program.
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN");
    for name in ["CUDA_HOME", "CUDA_COMPUTE_CAP"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let compiler = std::env::var_os("CUDA_HOME").map(PathBuf::from);
    let compiler = compiler.map_or_else(|| "nvcc".into(), |root| root.join("bin/nvcc"));
    let capability = std::env::var("CUDA_COMPUTE_CAP").unwrap_or_else(|_| "90".into());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?).join("kernels.ptx");
    let done = Command::new(&compiler)
        .args(["-ptx", "-O3", "-std=c++17", &format!("-arch=sm_{capability}"), KERNELS, "-o"])
        .arg(&out)
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", compiler.display()))?;
    match done.status.success() {
        true => Ok(()),
        false => {
            Err(format!("{KERNELS} does not compile:\n{}", String::from_utf8_lossy(&done.stderr)).into())
        }
    }
}
