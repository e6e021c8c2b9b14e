//! NumPy's file format, version 1.0: a matrix of 32-bit floats
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).

use std::io::{self, Write};

/// Magic bytes, version, and the two bytes of the header's length.
const FIXED: usize = 10;
/// The rows start at a multiple of this.
const ALIGNMENT: usize = 64;

/// Writes what stands before the rows of a matrix of little-endian 32-bit floats, `rows` by `columns`, row after row.
///
/// # Errors
/// When `out` refuses.
pub fn write_header(out: &mut dyn Write, rows: usize, columns: usize) -> io::Result<()> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let length = (FIXED + header.len() + 1).next_multiple_of(ALIGNMENT) - FIXED;
    header.extend(std::iter::repeat_n(' ', length - 1 - header.len()));
    header.push('\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&(length as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())
}

/// Writes numbers, little-endian.
///
/// # Errors
/// When `out` refuses.
pub fn write_numbers(out: &mut dyn Write, numbers: &[f32]) -> io::Result<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    out.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_what_numpy_writes() {
        let mut file = Vec::new();
        write_header(&mut file, 2, 3).unwrap();
        write_numbers(&mut file, &[1.0, 2.0, 3.0, 4.0, 5.0, -6.5]).unwrap();
        let header = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        assert!(file.starts_with(header));
        assert_eq!(file.len(), 128 + 24);
        assert_eq!((file[127], &file[148..]), (b'\n', &(-6.5f32).to_le_bytes()[..]));
    }

    #[test]
    fn the_rows_start_at_a_multiple_of_64_whatever_the_shape() {
        for rows in [0, 1, 9_999, usize::MAX] {
            let mut file = Vec::new();
            write_header(&mut file, rows, 512).unwrap();
            assert_eq!(file.len() % ALIGNMENT, 0);
            assert_eq!(usize::from(u16::from_le_bytes([file[8], file[9]])), file.len() - FIXED);
        }
    }
}
