//! Rebuilds the crate when a migration is added: the embedded folder is read by a macro, and the
//! compiler by itself only notices changes to files that were there before.

fn main() {
    println!("cargo:rerun-if-changed=../supabase/migrations");
}
