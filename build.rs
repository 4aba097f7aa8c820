//! Hashes what the error page's Content-Security-Policy has to allow.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::{error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo runs this in the package's folder.
    let source = "src/answer/page.css";
    println!("cargo::rerun-if-changed={source}");
    let hash = Base64::encode_string(&Sha256::digest(fs::read(source)?));
    println!("cargo::rustc-env=LASTGOOD_PAGE_STYLE_SHA256={hash}");
    Ok(())
}
