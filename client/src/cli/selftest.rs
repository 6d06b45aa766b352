//! `darkreach selftest`: does this computer compute right?

use clap::Args;

use super::Context;
use crate::{
    display::{print_json, print_line},
    error::Error,
    selftest,
};

/// Arguments of `selftest`.
#[derive(Debug, Args)]
pub(super) struct SelfTest {}

impl SelfTest {
    pub(super) fn execute(&self, context: &Context) -> Result<(), Error> {
        let outcome = selftest::run(&|_, residue| residue);
        if context.json {
            print_json(&outcome)?;
        } else {
            for kernel in &outcome.kernels {
                print_line(&format!("met: {kernel}"))?;
            }
            for fault in &outcome.faults {
                print_line(&format!(
                    "WRONG: {} by {}: RES64 {}, published is {}",
                    fault.number, fault.kernel, fault.got, fault.expected
                ))?;
            }
            print_line(&format!(
                "{} residues computed in {:.1} s",
                outcome.computations, outcome.seconds
            ))?;
        }
        if outcome.passed {
            return Ok(());
        }
        Err(Error::other(
            format!("{} residues are wrong", outcome.faults.len()),
            "do not work on this computer: look at its memory, cooling and clock rates, and tell \
             the project if another program finds nothing",
        ))
    }
}
