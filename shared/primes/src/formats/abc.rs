//! ABC and ABCD: templates with variables `$a` to `$z`.

use rug::Integer;

/// A template, cut into texts and variables; several expressions are joined by `&`.
pub(super) struct Template {
    expressions: Vec<Vec<Piece>>,
    /// How many variables a line gives: the last one used.
    variables: usize,
}

enum Piece {
    Text(String),
    Variable(usize),
}

impl Template {
    /// Reads what follows `ABC `.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut variables = 0;
        let expressions = text
            .split('&')
            .map(|part| {
                let mut pieces = Vec::new();
                let mut rest = part.trim();
                if rest.is_empty() {
                    return Err("the template is empty; an example: ABC $a*2^$b+1".to_owned());
                }
                while let Some((before, after)) = rest.split_once('$') {
                    let name = after.chars().next().filter(char::is_ascii_lowercase);
                    let Some(name) = name else {
                        return Err("after $ stands a variable, a to z".to_owned());
                    };
                    let place = usize::from(name as u8 - b'a');
                    variables = variables.max(place + 1);
                    pieces.push(Piece::Text(before.to_owned()));
                    pieces.push(Piece::Variable(place));
                    rest = &after[1..];
                }
                pieces.push(Piece::Text(rest.to_owned()));
                Ok(pieces)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if variables == 0 {
            return Err("the template has no variable; an example: ABC $a*2^$b+1".to_owned());
        }
        Ok(Self {
            expressions,
            variables,
        })
    }

    /// The expressions with the values of a line in their places.
    pub(super) fn fill(&self, values: &[&str]) -> Result<Vec<String>, String> {
        if values.len() != self.variables {
            return Err(format!(
                "{} values where the template has {} variables",
                values.len(),
                self.variables
            ));
        }
        let fill = |pieces: &Vec<Piece>| {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(piece) => text += piece,
                    Piece::Variable(place) => push_value(&mut text, values[*place]),
                }
            }
            text
        };
        Ok(self.expressions.iter().map(fill).collect())
    }
}

/// A value in its place. `$a*2^$b$c` has its sign in c, so a signed number goes in as it is where a
/// sign can stand.
fn push_value(text: &mut String, value: &str) {
    let signed = value.starts_with(['+', '-']);
    let after_operand = text
        .chars()
        .last()
        .is_some_and(|last| last.is_ascii_digit() || matches!(last, ')' | '!' | '#'));
    let whole = value.bytes().all(|byte| byte.is_ascii_digit());
    if whole || signed && after_operand {
        *text += value;
    } else {
        *text += &format!("({value})");
    }
}

/// A template of one variable, with its value and the differences that follow.
pub(super) struct Deltas {
    template: Template,
    value: Integer,
}

impl Deltas {
    /// Reads what follows `ABCD `.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let open = text
            .find('[')
            .ok_or("the first value is missing; an example: ABCD 3*2^$a+1 [1000]")?;
        let (template, rest) = text.split_at(open);
        let value = rest[1..]
            .split_once(']')
            .ok_or("the bracket is not closed; an example: ABCD 3*2^$a+1 [1000]")?
            .0;
        let template = Template::read(template)?;
        if template.variables != 1 {
            return Err("more than one variable; ABCD is read with $a alone".to_owned());
        }
        Ok(Self {
            template,
            value: number(value)?,
        })
    }

    /// The candidates of the value at hand.
    pub(super) fn current(&self) -> Result<Vec<String>, String> {
        self.template.fill(&[&self.value.to_string()])
    }

    /// The candidates of the next value.
    pub(super) fn step(&mut self, line: &str) -> Result<Vec<String>, String> {
        self.value += number(line)?;
        self.current()
    }
}

fn number(text: &str) -> Result<Integer, String> {
    let digits = text.trim();
    if digits.is_empty() || digits.len() > 1000 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("{digits:?} is not a whole number without sign"));
    }
    digits
        .parse()
        .map_err(|_| format!("{digits:?} is not a number"))
}
