//! Numbers drawn the same way every time, so that a measurement can be repeated.

/// A number below `limit` (`SplitMix64`, Steele et al. 2014; the bias of the remainder is far below the noise of what is
/// drawn for).
pub(super) fn draw(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
}
