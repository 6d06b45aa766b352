//! `darkreach forms`: what can be searched, with the parameters of each form and an example.

use darkreach_primes::forms::{FORMS, FormInfo};
use serde::Serialize;

use crate::{
    display::{print_json, print_line},
    error::Error,
};

#[derive(Serialize)]
struct Listed {
    form: &'static str,
    formula: &'static str,
    summary: &'static str,
    parameters: Vec<Listable>,
    example: String,
}

#[derive(Serialize)]
struct Listable {
    name: &'static str,
    value: &'static str,
    help: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
}

fn example(info: &FormInfo) -> String {
    format!("darkreach search {}", info.example_line())
}

/// Shows every form; one JSON object each.
pub(super) fn execute(json: bool) -> Result<(), Error> {
    for (place, info) in FORMS.iter().enumerate() {
        if json {
            print_json(&Listed {
                form: info.name,
                formula: info.formula,
                summary: info.summary,
                parameters: info
                    .parameters
                    .iter()
                    .map(|parameter| Listable {
                        name: parameter.name,
                        value: parameter.value,
                        help: parameter.help,
                        default: parameter.default,
                    })
                    .collect(),
                example: example(info),
            })?;
            continue;
        }
        if place > 0 {
            print_line("")?;
        }
        print_line(&format!("{}: {}", info.name, info.formula))?;
        print_line(&format!("    {}", info.summary))?;
        for parameter in info.parameters {
            let default = parameter
                .default
                .map_or(String::new(), |default| format!(" [default: {default}]"));
            let flag = format!("--{} {}", parameter.name, parameter.value);
            print_line(&format!("    {flag:<22} {}{default}", parameter.help))?;
        }
        print_line(&format!("    {}", example(info)))?;
    }
    Ok(())
}
