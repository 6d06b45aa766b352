//! What only the build knows: the platform, and the root of trust for updates. `DARKREACH_ROOT` names
//! the root document to build in; without it a program believes no update until it is told whom to
//! trust (`update_root` in the configuration).

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=DARKREACH_ROOT");
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET").expect("cargo names the target");
    println!("cargo::rustc-env=DARKREACH_TARGET={target}");
    let root = match env::var_os("DARKREACH_ROOT").filter(|path| !path.is_empty()) {
        Some(path) => {
            let path = PathBuf::from(path);
            println!("cargo::rerun-if-changed={}", path.display());
            fs::read(&path).unwrap_or_else(|e| panic!("DARKREACH_ROOT {}: {e}", path.display()))
        }
        None => Vec::new(),
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(out.join("root.signed"), root).expect("cargo's folder can be written");
}
