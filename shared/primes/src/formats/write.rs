//! Writing what a sieve leaves over.

use crate::{
    forms::{
        Form, Term,
        kbn::{Kbn, Over},
    },
    spec::SearchSpec,
};

/// Which format to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// ABC, for every form.
    #[default]
    Abc,
    /// ABCD, for forms with one running variable.
    Abcd,
    /// NewPGen, for k*b^n+-1, twins and Sophie Germain pairs.
    NewPGen,
}

/// Writes headers and lines.
#[derive(Debug)]
pub struct Writer<'a> {
    spec: &'a SearchSpec,
    format: Format,
    depth: u64,
    shape: Shape,
    /// The last value written.
    last: Option<u64>,
}

/// What stands in the template and in the lines.
#[derive(Debug)]
enum Shape {
    /// One variable, the index itself.
    Index(String),
    /// k and n.
    Pair(String),
    /// Whole expressions.
    Expressions,
}

impl<'a> Writer<'a> {
    /// A writer for the survivors of a search that is sieved up to and including a prime.
    ///
    /// # Errors
    /// What the format cannot say, and what would do.
    pub fn new(spec: &'a SearchSpec, format: Format, depth: u64) -> Result<Self, String> {
        let shape = shape(&spec.form);
        let possible = match format {
            Format::Abc => true,
            Format::Abcd => matches!(shape, Shape::Index(_)),
            Format::NewPGen => newpgen(&spec.form).is_some(),
        };
        if !possible {
            return Err(format!(
                "{} cannot be written in this format; abc does for every form",
                spec.describe()
            ));
        }
        Ok(Self {
            spec,
            format,
            depth,
            shape,
            last: None,
        })
    }

    /// The first line, without its end; none where the first candidate has to be known for it.
    pub fn header(&self) -> Option<String> {
        let comment = format!(
            "// {}; every prime up to {} is sieved with",
            self.spec.describe(),
            self.depth
        );
        match (self.format, &self.shape) {
            (Format::Abc, Shape::Index(template) | Shape::Pair(template)) => {
                Some(format!("ABC {template} {comment}"))
            }
            (Format::Abc, Shape::Expressions) => {
                let pair = self
                    .spec
                    .terms()
                    .next()
                    .is_some_and(|(_, term)| term.len() > 1);
                let template = if pair { "$a & $b" } else { "$a" };
                Some(format!("ABC {template} {comment}"))
            }
            (Format::Abcd, _) => None,
            (Format::NewPGen, _) => newpgen(&self.spec.form)
                .map(|(letter, base, bits)| format!("{}:{letter}:1:{base}:{bits}", self.depth)),
        }
    }

    /// A candidate's line, without its end.
    pub fn line(&mut self, at: u64, term: &Term) -> String {
        let last = self.last.replace(at);
        match (self.format, &self.shape) {
            (Format::Abcd, Shape::Index(template)) => match last {
                Some(last) => (at - last).to_string(),
                None => format!(
                    "ABCD {template} [{at}] // {}; every prime up to {} is sieved with",
                    self.spec.describe(),
                    self.depth
                ),
            },
            (Format::NewPGen, _) | (_, Shape::Pair(_)) => match k_and_n(&self.spec.form, at) {
                Some((k, n)) => format!("{k} {n}"),
                None => String::new(),
            },
            (_, Shape::Index(_)) => at.to_string(),
            (_, Shape::Expressions) => {
                let members: Vec<String> = term.members().map(ToString::to_string).collect();
                members.join(" ")
            }
        }
    }
}

/// The shape that serves a form best.
fn shape(form: &Form) -> Shape {
    let index = |template: String| Shape::Index(template);
    match form {
        Form::Kbn(Kbn { base, c, over }) => match over {
            Over::K { n } => index(format!("$a*{base}^{n}{c:+}")),
            Over::N { k } => index(format!("{k}*{base}^$a{c:+}")),
            Over::NSet { .. } => Shape::Pair(format!("$a*{base}^$b{c:+}")),
        },
        Form::Twin(twin) => {
            let (b, n) = (twin.base, twin.n);
            index(format!("$a*{b}^{n}-1 & $a*{b}^{n}+1"))
        }
        Form::SophieGermain(pair) => {
            let (n, c) = (pair.n, if pair.kind == 1 { "-1" } else { "+1" });
            index(format!("$a*2^{n}{c} & $a*2^{}{c}", n + 1))
        }
        Form::GenFermat(fermat) => index(format!("$a^{}+1", 1u64 << fermat.m)),
        Form::Wagstaff(_) => index("(2^$a+1)/3".into()),
        Form::Repunit(repunit) if repunit.base > 2 => {
            let b = repunit.base;
            index(format!("({b}^$a-1)/{}", b - 1))
        }
        _ => Shape::Expressions,
    }
}

/// Letter, base and bits of a NewPGen header.
fn newpgen(form: &Form) -> Option<(char, u32, u32)> {
    match form {
        Form::Kbn(kbn) => match (kbn.c, &kbn.over) {
            (1, Over::K { .. }) => Some(('P', kbn.base, 1)),
            (1, _) => Some(('P', kbn.base, 257)),
            (-1, Over::K { .. }) => Some(('M', kbn.base, 2)),
            (-1, _) => Some(('M', kbn.base, 258)),
            _ => None,
        },
        Form::Twin(twin) => Some(('T', twin.base, 3)),
        Form::SophieGermain(pair) if pair.kind == 1 => Some(('S', 2, 10)),
        Form::SophieGermain(_) => Some(('C', 2, 5)),
        _ => None,
    }
}

/// k and n at an index.
fn k_and_n(form: &Form, at: u64) -> Option<(u64, u64)> {
    match form {
        Form::Kbn(kbn) => match &kbn.over {
            Over::K { n } => Some((at, u64::from(*n))),
            Over::N { k } => Some((*k, at)),
            Over::NSet { k } => {
                let count = k.len() as u64;
                Some((*k.get((at % count) as usize)?, at / count))
            }
        },
        Form::Twin(twin) => Some((at, u64::from(twin.n))),
        Form::SophieGermain(pair) => Some((at, u64::from(pair.n))),
        _ => None,
    }
}
