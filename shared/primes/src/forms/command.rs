//! The forms as subcommands, one for each in the list of forms, with its parameters as flags; for
//! programs that read their arguments with clap (feature `clap`). They are made from that list, so a
//! new form appears in every such program by itself.

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::{Arguments, FORMS, FormInfo};

/// A form with its parameters, and the flags that a command has besides.
#[derive(Debug)]
pub struct FormCommand<A> {
    /// The form.
    pub info: &'static FormInfo,
    /// Its parameters.
    pub arguments: Arguments,
    /// The other flags.
    pub common: A,
}

impl<A: Args> FromArgMatches for FormCommand<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let info = FORMS.iter().find(|info| info.name == name);
        let info = *info.ok_or_else(missing)?;
        let arguments = info
            .parameters
            .iter()
            .filter_map(|parameter| {
                let value = matches.get_one::<String>(parameter.name)?;
                Some((parameter.name, value))
            })
            .collect();
        Ok(Self {
            info,
            arguments,
            common: A::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<A: Args> Subcommand for FormCommand<A> {
    fn augment_subcommands(command: Command) -> Command {
        FORMS.iter().fold(command, |command, info| {
            let form = Command::new(info.name)
                .about(format!("{} ({})", info.summary, info.formula))
                .after_help(format!("Example: {}", info.example_line()));
            let form = info.parameters.iter().fold(form, |form, parameter| {
                let flag = clap::Arg::new(parameter.name)
                    .long(parameter.name)
                    .value_name(parameter.value)
                    .help(parameter.help)
                    .allow_hyphen_values(true);
                form.arg(match parameter.default {
                    Some(default) => flag.default_value(default),
                    None => flag.required(true),
                })
            });
            command.subcommand(A::augment_args(form))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        FORMS.iter().any(|info| info.name == name)
    }
}
