//! Translation ranking: how well every target ranks as the translation of a source, and back.
