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
    Device::new_cuda(0).map_err(|error| refused(cfg!(feature = "cuda"), driver(), &error))
}

fn driver() -> bool {
    DRIVER.into_iter().any(|path| Path::new(path).exists())
}

fn refused(built: bool, driver: bool, error: &candle_core::Error) -> PolicyError {
    // Behind the first line stands where it happened.
    let error = error.to_string();
    let error = error.lines().next().unwrap_or_default();
    let problem = match (built, driver) {
        (false, _) => "this program was built without CUDA; `just cuda` builds one that has it".to_owned(),
        (true, false) => format!("there is no NVIDIA driver on this machine (no /dev/nvidiactl): {error}"),
        (true, true) => {
            format!("the NVIDIA driver gives no device (does `nvidia-smi` show one?): {error}")
        }
    };
    PolicyError::input(format!("a GPU is wanted (device = cuda), but {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let error = candle_core::Error::Msg("refused".into());
        let said = |built, driver| refused(built, driver, &error).to_string();
        assert!(said(false, true).contains("built without CUDA"));
        assert!(said(true, false).contains("no NVIDIA driver on this machine (no /dev/nvidiactl): refused"));
        assert!(said(true, true).contains("nvidia-smi"));
        if !cfg!(feature = "cuda") {
            assert!(open().unwrap_err().to_string().contains("built without CUDA"));
        }
    }
}
