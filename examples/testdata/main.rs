//! Writes everything in `testdata/`: a small archive in which a key leaks, one file for each hostile
//! case, and the README that describes them.
//!
//! ```console
//! $ cargo run --example testdata
//! $ cargo run --example testdata -- OTHER_DIR
//! ```
//!
//! The output is committed, and has the same bytes on every machine. Archives for measurements are
//! written by the `generate` example instead.

#[path = "../support/mod.rs"]
mod support;

mod hostile;
mod readme;
mod story;

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use libdeflater::{CompressionLvl, Compressor};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "testdata".to_owned()),
    );
    // Otherwise a file with a former name would remain.
    for generated in ["archive", "hostile"] {
        match fs::remove_dir_all(out.join(generated)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let story = story::Story::new();
    let delivered = story.deliver(&out.join("archive"))?;
    let cases = hostile::cases()?;
    for case in &cases {
        write(&out.join("hostile").join(&case.file), &case.bytes)?;
    }
    write(
        &out.join("hostile/expected.tsv"),
        readme::expected(&cases).as_bytes(),
    )?;
    write(
        &out.join("README.md"),
        readme::readme(&story, &delivered, &cases).as_bytes(),
    )?;
    Ok(())
}

/// Writes a file and the folders above it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, bytes)
}

/// Compresses with libdeflate, whose output is the same on every processor.
fn gzip(text: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut bytes = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor.gzip_compress(text, &mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}
