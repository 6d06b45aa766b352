//! The configuration file: TOML, every mistake with its line and column.

use std::path::Path;

use super::{
    ConfigError,
    settings::{InFile, Partial},
};

/// Reads the text of a configuration file.
///
/// # Errors
/// [`ConfigError::Mistake`] at the first mistake.
pub(super) fn parse(path: &Path, text: &str) -> Result<Partial, ConfigError> {
    let mistake = |at: usize, message: String| {
        let (line, column) = place(text, at);
        ConfigError::Mistake {
            path: path.to_owned(),
            line,
            column,
            message,
        }
    };
    let file: InFile = toml::from_str(text).map_err(|e| {
        mistake(
            e.span().map_or(0, |span| span.start),
            e.message().to_owned(),
        )
    })?;
    file.checked()
        .map_err(|(span, message)| mistake(span.start, message))
}

/// Line and column, both from 1, the column in characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    fn wrong(text: &str) -> String {
        parse(Path::new("config.toml"), text)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let partial = parse(
            Path::new("config.toml"),
            "# my worker\nthreads = 3\non_stop = \"release\"\nlog = \"info,sqlx=warn\"\nca_certificate = \"/etc/ca.pem\"\n",
        )
        .unwrap();
        assert_eq!(partial.threads, Some(3));
        assert_eq!(partial.on_stop, Some(super::super::OnStop::Release));
        assert_eq!(partial.checkpoint_seconds, None);
        assert_eq!(
            partial.ca_certificate.as_deref(),
            Some(Path::new("/etc/ca.pem"))
        );
    }

    #[test]
    fn every_mistake_has_its_place() {
        let unknown = wrong("threads = 2\nthread = 3\n");
        assert!(
            unknown.starts_with("config.toml:2:1: unknown field `thread`, expected one of"),
            "{unknown}"
        );
        assert_eq!(
            wrong("threads = \"two\""),
            "config.toml:1:11: invalid type: string \"two\", expected u32"
        );
        assert_eq!(
            wrong("\n  checkpoint_seconds = 0"),
            "config.toml:2:24: checkpoint_seconds: 0 is not between 0.05 and 3600"
        );
        assert_eq!(
            wrong("on_stop = \"maybe\""),
            "config.toml:1:11: unknown variant `maybe`, expected `keep` or `release`"
        );
        assert_eq!(
            wrong("# ä ö ü\nlog = 'loud'"),
            "config.toml:2:7: log: \"loud\" is not off, error, warn, info, debug or trace"
        );
        assert!(wrong("log = 'sqlx=loud'").starts_with("config.toml:1:7: log: "));
        assert!(wrong("threads = -1").starts_with("config.toml:1:11: "));
        assert!(wrong("threads = 2\nthreads = 3").starts_with("config.toml:2:1: duplicate key"));
        assert!(wrong("ä = ").starts_with("config.toml:1:1: "));
    }
}
