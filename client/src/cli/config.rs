//! `darkreach config`: the settings in force and where each comes from.

use serde_json::{Value, json};

use super::Context;
use crate::{
    config::{KEYS, Origin, default_file},
    display::{print_json, print_line},
    error::Error,
};

/// The keys, for the help text.
pub(super) fn help() -> String {
    let mut text =
        "Keys of the file (variables are DARKREACH_ and the key in capitals):".to_owned();
    for (key, meaning) in KEYS {
        text.push_str(&format!("\n  {key:20} {meaning}"));
    }
    text
}

pub(super) fn execute(context: &Context) -> Result<(), Error> {
    let config = &context.config;
    let mut values = serde_json::to_value(&config.settings)
        .map_err(|e| Error::Several(format!("the settings cannot be shown: {e}")))?;
    values["threads"] = json!(config.threads());
    values["data_dir"] = json!(config.data_dir()?);
    let origin = |key: &str| config.origins.get(key).copied().unwrap_or(Origin::Default);
    if context.json {
        let mut rows = serde_json::Map::new();
        for (key, _) in KEYS {
            let row = json!({"value": values[key], "origin": origin(key)});
            rows.insert((*key).to_owned(), row);
        }
        return Ok(print_json(&json!({"file": config.file, "settings": rows}))?);
    }
    match (&config.file, default_file()) {
        (Some(file), _) => print_line(&format!("# {}", file.display()))?,
        (None, Some(file)) => print_line(&format!("# {} (not there)", file.display()))?,
        (None, None) => {}
    }
    for (key, _) in KEYS {
        let place = match origin(key) {
            Origin::Default => "default",
            Origin::File => "file",
            Origin::Environment => "environment",
            Origin::CommandLine => "command line",
        };
        let value = match &values[key] {
            Value::Null => "(none)".to_owned(),
            value => value.to_string(),
        };
        print_line(&format!("{:40} # {place}", format!("{key} = {value}")))?;
    }
    Ok(())
}
