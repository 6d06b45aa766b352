//! `darkreach licences`: the licences of everything in this program, and how to relink it.

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{
    display::{print_json, print_line},
    error::Error,
};

const TEXTS: &[(Part, &str, &str)] = &[
    (Part::Mit, "MIT", include_str!("../../../LICENSE-MIT")),
    (
        Part::Apache,
        "Apache-2.0",
        include_str!("../../../LICENSE-APACHE"),
    ),
    (
        Part::ThirdParty,
        "Third-party packages",
        include_str!("../../../licences/THIRD-PARTY.txt"),
    ),
    (
        Part::Relinking,
        "Relinking",
        include_str!("../../../licences/RELINKING.md"),
    ),
    (
        Part::Lgpl,
        "LGPL-3.0",
        include_str!("../../../licences/LGPL-3.0.txt"),
    ),
    (
        Part::Gpl,
        "GPL-3.0",
        include_str!("../../../licences/GPL-3.0.txt"),
    ),
];

/// Arguments of `licences`.
#[derive(Debug, Args)]
pub(super) struct Licences {
    /// Show this one only
    #[arg(value_enum)]
    part: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// darkreach itself, first choice
    Mit,
    /// darkreach itself, second choice
    Apache,
    /// The packages in this program
    ThirdParty,
    /// How to exchange GMP
    Relinking,
    /// GMP and its bindings
    Lgpl,
    /// What the LGPL refers to
    Gpl,
}

impl Licences {
    pub(super) fn execute(&self, json: bool) -> Result<(), Error> {
        for (part, title, text) in TEXTS {
            if self.part.is_some_and(|wanted| wanted != *part) {
                continue;
            }
            if json {
                print_json(&json!({"title": title, "text": text}))?;
            } else {
                print_line(&format!("=== {title} ===\n\n{text}"))?;
            }
        }
        Ok(())
    }
}
