//! Where transformers are computed: on the processor, or by candle on a graphics card.

use std::str::FromStr;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// The processor, with this program's own kernels.
    #[default]
    Cpu,
    /// The first card of NVIDIA's; needs a program built with the feature `cuda`.
    Cuda,
    /// Apple's graphics; needs a program built with the feature `metal`.
    Metal,
    /// A card if the program was built for one and it is there, the processor otherwise.
    Auto,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Another word than the known ones.
    #[error("there is no device {0:?}: give cpu, cuda, metal or auto")]
    Unknown(String),
    /// The program was built without it.
    #[error(
        "this program was built without {name}: build it with `cargo install --path . --features {feature}`, or take \
         --device cpu"
    )]
    NotBuilt {
        /// Name of the interface.
        name: &'static str,
        /// Feature that builds it in.
        feature: &'static str,
    },
    /// The driver refused.
    #[error("{name} cannot be used ({reason}): take --device cpu")]
    Unavailable {
        /// Name of the interface.
        name: &'static str,
        /// What candle says.
        reason: String,
    },
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            "metal" => Ok(Self::Metal),
            "auto" => Ok(Self::Auto),
            _ => Err(DeviceError::Unknown(text.to_owned())),
        }
    }
}

impl Device {
    /// Opens it. `None` stands for the processor.
    ///
    /// # Errors
    /// When the program was built without it, or it is not there.
    pub fn open(self) -> Result<Option<candle_core::Device>, DeviceError> {
        match self {
            Self::Cpu => Ok(None),
            Self::Cuda => cuda().map(Some),
            Self::Metal => metal().map(Some),
            Self::Auto => Ok(cuda().or_else(|_| metal()).ok()),
        }
    }
}

fn cuda() -> Result<candle_core::Device, DeviceError> {
    let (name, feature) = ("CUDA", "cuda");
    if !cfg!(feature = "cuda") {
        return Err(DeviceError::NotBuilt { name, feature });
    }
    candle_core::Device::new_cuda(0).map_err(|error| unavailable(name, &error))
}

fn metal() -> Result<candle_core::Device, DeviceError> {
    let (name, feature) = ("Metal", "metal");
    if !cfg!(feature = "metal") {
        return Err(DeviceError::NotBuilt { name, feature });
    }
    candle_core::Device::new_metal(0).map_err(|error| unavailable(name, &error))
}

fn unavailable(name: &'static str, error: &candle_core::Error) -> DeviceError {
    DeviceError::Unavailable {
        name,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_built_is_said_with_what_to_do() {
        assert!(matches!("cpu".parse::<Device>().unwrap().open(), Ok(None)));
        assert!("gpu".parse::<Device>().unwrap_err().to_string().contains("cuda, metal"));
        if !cfg!(feature = "cuda") {
            let error = Device::Cuda.open().unwrap_err().to_string();
            assert!(error.contains("--features cuda"), "{error}");
        }
        if !cfg!(any(feature = "cuda", feature = "metal")) {
            assert!(matches!(Device::Auto.open(), Ok(None)));
        }
    }
}
