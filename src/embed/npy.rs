//! Vectors as files for other programs.

use std::io::{self, Write};

use super::Vectors;

/// Length that the header is filled up to, as `NumPy` does.
const ALIGNMENT: usize = 64;

/// Writes `NumPy`'s format, version 1.0: an array of float32, one row a vector.
///
/// Specification: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
///
/// # Errors
/// When `output` refuses.
pub fn write_npy(vectors: &Vectors, output: &mut impl Write) -> io::Result<()> {
    let shape = format!("({}, {})", vectors.len(), vectors.dimension());
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let fixed = b"\x93NUMPY\x01\x00".len() + size_of::<u16>();
    let length = (fixed + header.len() + 1).next_multiple_of(ALIGNMENT) - fixed;
    header.extend(std::iter::repeat_n(' ', length - header.len() - 1));
    header.push('\n');
    output.write_all(b"\x93NUMPY\x01\x00")?;
    output.write_all(&(length as u16).to_le_bytes())?;
    output.write_all(header.as_bytes())?;
    write_raw(vectors, output)
}

/// Writes the numbers alone, as float32, row after row: what Vecalign reads as embeddings.
///
/// # Errors
/// When `output` refuses.
pub fn write_raw(vectors: &Vectors, output: &mut impl Write) -> io::Result<()> {
    for row in 0..vectors.len() {
        let bytes: Vec<u8> = vectors.row(row).iter().flat_map(|value| value.to_le_bytes()).collect();
        output.write_all(&bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_numpys() {
        let mut file = Vec::new();
        write_npy(&Vectors::new(2, vec![1.0, 2.0, 3.0, 4.0]), &mut file).unwrap();
        let (header, data) = file.split_at(file.len() - 16);
        assert_eq!(header.len() % ALIGNMENT, 0);
        assert_eq!(
            usize::from(u16::from_le_bytes([header[8], header[9]])),
            header.len() - 10
        );
        let text = str::from_utf8(&header[10..]).unwrap();
        assert_eq!(
            text.trim_end(),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
        );
        assert!(text.ends_with('\n'));
        assert_eq!(data, [1.0_f32, 2.0, 3.0, 4.0].map(f32::to_le_bytes).concat());
    }

    #[test]
    fn no_vectors_are_an_empty_array() {
        let mut file = Vec::new();
        write_npy(&Vectors::new(512, Vec::new()), &mut file).unwrap();
        assert!(String::from_utf8_lossy(&file).contains("(0, 512)"));
    }
}
