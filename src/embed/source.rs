//! Where an encoder is taken from: the model, the folders that it may lie in, and the cache before it.

use super::cache::{Cache, Cached, Identity};
use super::hub::Hub;
use super::models::ModelSpec;
use super::{Device, EmbedError, Embedder, Precision};

/// Which encoder to load, and how.
#[derive(Debug, Clone)]
pub struct ModelSource {
    /// The model.
    pub spec: ModelSpec,
    /// How exactly its matrices are kept.
    pub precision: Precision,
    /// Where transformers are computed.
    pub device: Device,
    /// Where models of the hub lie.
    pub hub: Hub,
    /// Where vectors are kept, if they are to be. The bundled model does without: what reading saves over computing is
    /// a second or two of a long text, for some hundred megabytes on disk, and confidential texts leave no trace.
    pub cache: Option<Cache>,
}

impl ModelSource {
    /// Loads the encoder.
    ///
    /// # Errors
    /// As [`ModelSpec::load`].
    pub fn load(&self) -> Result<Box<dyn Embedder>, EmbedError> {
        let model = self.spec.load(&self.hub, self.precision, self.device)?;
        let (Some(cache), Some(identity)) = (&self.cache, self.identity(model.as_ref())) else {
            return Ok(model);
        };
        Ok(Box::new(Cached::new(model, &identity, cache)))
    }

    /// `None` for a model that is not to be cached: the bundled one, and one whose files cannot be told apart.
    fn identity(&self, model: &dyn Embedder) -> Option<Identity> {
        let folder = match &self.spec {
            ModelSpec::Bundled => return None,
            ModelSpec::Folder(folder) => folder.clone(),
            ModelSpec::Hub { repository, revision } => self.hub.snapshot(repository, revision)?,
        };
        let prompt = self.spec.known().and_then(|known| known.prompt);
        Identity::new(model.name())
            .with("prompt", prompt.unwrap_or_default())
            .with("prompt is its own", [u8::from(prompt.is_none())])
            .with("precision", format!("{:?}", self.precision))
            .with("most tokens", format!("{:?}", model.max_tokens()))
            .with_files(&folder)
            .ok()
    }
}
