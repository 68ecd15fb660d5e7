//! The GPU of this machine, or what keeps the program from using it.

use std::path::Path;

use candle_core::Device;

use crate::policy::{PolicyError, Result};

/// Device files of the driver, of Linux itself and under Windows.
const DRIVER: [&str; 2] = ["/dev/nvidiactl", "/dev/dxg"];

/// Whether this program was built for CUDA and a driver is there.
pub fn answers() -> bool {
    cfg!(feature = "cuda") && driver()
}

/// The first GPU.
///
/// # Errors
/// Which of the three is missing: a program that was built for it, a driver, or a device that the driver gives.
pub fn open() -> Result<Device> {
    check(cfg!(feature = "cuda"), driver())?;
    Device::new_cuda(0).map_err(|error| {
        PolicyError::input(format!(
            "the NVIDIA driver gives no device (does `nvidia-smi` show one?): {error}"
        ))
    })
}

fn driver() -> bool {
    DRIVER.into_iter().any(|path| Path::new(path).exists())
}

fn check(built: bool, driver: bool) -> Result<()> {
    let problem = match (built, driver) {
        (true, true) => return Ok(()),
        (false, _) => "this program was built without CUDA: `just cuda` builds one that has it",
        (true, false) => "there is no NVIDIA driver on this machine: no /dev/nvidiactl",
    };
    Err(PolicyError::input(format!("a GPU is wanted (`device = \"cuda\"`), but {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let said = |built, driver| check(built, driver).map_err(|error| error.to_string());
        assert!(said(false, true).unwrap_err().contains("built without CUDA"));
        assert!(said(true, false).unwrap_err().contains("no NVIDIA driver"));
        assert_eq!(said(true, true), Ok(()));
    }
}
