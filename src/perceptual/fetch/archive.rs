//! Single files out of a gzipped tar archive.

use std::io::Read;

/// A tar block.
const BLOCK: usize = 512;

/// The contents of the regular file whose path ends in `/name`, without unpacking anything to disk.
///
/// # Errors
/// A damaged archive, or none of that name.
pub(super) fn file(archive: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let mut tar = flate2::read::GzDecoder::new(archive);
    let mut header = [0; BLOCK];
    loop {
        tar.read_exact(&mut header).map_err(|error| format!("the archive ends before {name}: {error}"))?;
        if header.iter().all(|byte| *byte == 0) {
            return Err(format!("the archive has no {name}"));
        }
        let size = octal(&header[124..136]).ok_or("a tar header without a size")?;
        let path = text(&header[..100]);
        let mut content = (&mut tar).take(size.next_multiple_of(BLOCK as u64));
        if matches!(header[156], b'0' | 0) && path.ends_with(&format!("/{name}")) {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            bytes.truncate(size as usize);
            return if bytes.len() as u64 == size { Ok(bytes) } else { Err(format!("{name} is cut off")) };
        }
        std::io::copy(&mut content, &mut std::io::sink()).map_err(|error| error.to_string())?;
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// At most 8 GiB, as the format has it.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field);
    u64::from_str_radix(digits.trim(), 8).ok().filter(|size| *size < 1 << 33)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for (path, content) in entries {
            let mut header = [0; BLOCK];
            header[..path.len()].copy_from_slice(path.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[156] = b'0';
            gz.write_all(&header).unwrap();
            let mut block = content.to_vec();
            block.resize(content.len().next_multiple_of(BLOCK), 0);
            gz.write_all(&block).unwrap();
        }
        gz.write_all(&[0; 2 * BLOCK]).unwrap();
        gz.finish().unwrap()
    }

    #[test]
    fn the_named_file_whole_or_an_error() {
        let bytes = archive(&[("p/a.txt", b"first"), ("p/b.txt", &[7; 600])]);
        assert_eq!(file(&bytes, "b.txt").unwrap(), [7; 600]);
        assert!(file(&bytes, "c.txt").unwrap_err().contains("no c.txt"));
        assert!(file(&bytes[..bytes.len() / 2], "b.txt").is_err());
        assert!(file(b"no archive", "b.txt").is_err());
    }
}
