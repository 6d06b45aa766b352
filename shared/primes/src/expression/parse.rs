//! Text to tree, by recursive descent with a depth limit: what strangers type cannot exhaust the
//! stack.

use rug::Integer;

use super::{ExpressionError, Node};

/// Nested parentheses, signs, exponents and postfix operators.
const MAX_DEPTH: usize = 64;
/// A decimal that is longer has a value beyond the limit anyway.
const MAX_LENGTH: usize = 1 << 25;

pub(super) fn parse(text: &str) -> Result<Node, ExpressionError> {
    let mut parser = Parser {
        text,
        chars: text.char_indices().collect(),
        at: 0,
        depth: 0,
    };
    if text.len() > MAX_LENGTH {
        return Err(ExpressionError::Syntax {
            text: text.chars().take(40).collect::<String>() + "...",
            at: 1,
            reason: format!("the text is longer than {MAX_LENGTH} characters"),
        });
    }
    let root = parser.sum()?;
    match parser.peek() {
        None => Ok(root),
        Some(')') => Err(parser.error("this parenthesis was not opened")),
        Some(other) => Err(parser.error(&format!(
            "{other:?} is not expected here; numbers are written as 3*2^2816+1, 100!+1, 11#-1 or (2^97+1)/3"
        ))),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offsets and characters.
    chars: Vec<(usize, char)>,
    /// Index of the next character.
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        while self.chars.get(self.at).is_some_and(|(_, c)| *c == ' ') {
            self.at += 1;
        }
        self.chars.get(self.at).map(|(_, c)| *c)
    }

    /// Takes the next character if it is this one.
    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn error(&self, reason: &str) -> ExpressionError {
        ExpressionError::Syntax {
            text: self.text.chars().take(200).collect(),
            at: self.at + 1,
            reason: reason.into(),
        }
    }

    fn deeper<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ExpressionError>,
    ) -> Result<T, ExpressionError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("the expression is nested too deeply (64 levels)"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn sum(&mut self) -> Result<Node, ExpressionError> {
        let mut terms = vec![(false, self.product()?)];
        loop {
            if self.take('+') {
                terms.push((false, self.product()?));
            } else if self.take('-') {
                terms.push((true, self.product()?));
            } else {
                return Ok(single_or(terms, Node::Sum));
            }
        }
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut factors = vec![(false, self.signed()?)];
        loop {
            if self.take('*') {
                factors.push((false, self.signed()?));
            } else if self.take('/') {
                factors.push((true, self.signed()?));
            } else {
                return Ok(single_or(factors, Node::Product));
            }
        }
    }

    fn signed(&mut self) -> Result<Node, ExpressionError> {
        if self.take('-') {
            return self.deeper(|parser| Ok(Node::Negative(Box::new(parser.signed()?))));
        }
        self.power()
    }

    fn power(&mut self) -> Result<Node, ExpressionError> {
        let base = self.postfix()?;
        if self.take('^') {
            let exponent = self.deeper(Self::signed)?;
            return Ok(Node::Power(Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Result<Node, ExpressionError> {
        let mut node = self.atom()?;
        let mut operators = 0;
        loop {
            let factorial = self.peek() == Some('!');
            if !factorial && self.peek() != Some('#') {
                return Ok(node);
            }
            if operators == 1 {
                return Err(self.error(
                    "one ! or # is enough here; write (5!)! with parentheses, and n!2 for n*(n-2)*(n-4)*...",
                ));
            }
            self.at += 1;
            operators += 1;
            let step = match factorial {
                true => self.step()?,
                false => None,
            };
            node = if let Some(step) = step {
                Node::Multifactorial(Box::new(node), step)
            } else if factorial {
                Node::Factorial(Box::new(node))
            } else {
                Node::Primorial(Box::new(node))
            };
        }
    }

    fn atom(&mut self) -> Result<Node, ExpressionError> {
        match self.peek() {
            Some('(') => self.deeper(|parser| {
                parser.at += 1;
                let inner = parser.sum()?;
                if parser.take(')') {
                    Ok(inner)
                } else {
                    Err(parser.error("a closing parenthesis is missing"))
                }
            }),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) => Err(self.error(&format!(
                "{c:?} is not a number or an opening parenthesis; an example: 3*2^2816+1"
            ))),
            None => Err(self.error(
                "the expression ends here, but a number is expected; an example: 3*2^2816+1",
            )),
        }
    }

    /// The step of a multifactorial: digits right behind the sign; `n!1` is the factorial.
    fn step(&mut self) -> Result<Option<u32>, ExpressionError> {
        if !self
            .chars
            .get(self.at)
            .is_some_and(|(_, c)| c.is_ascii_digit())
        {
            return Ok(None);
        }
        let from = self.at;
        let step = match self.number()? {
            Node::Number(step) => step.to_u32().filter(|&step| step > 0),
            _ => None,
        };
        match step {
            Some(step) => Ok((step > 1).then_some(step)),
            None => {
                self.at = from;
                Err(self.error("the step of a multifactorial is 1 to 2^32-1"))
            }
        }
    }

    fn number(&mut self) -> Result<Node, ExpressionError> {
        let from = self.at;
        while self
            .chars
            .get(self.at)
            .is_some_and(|(_, c)| c.is_ascii_digit())
        {
            self.at += 1;
        }
        let digits: String = self.chars[from..self.at].iter().map(|(_, c)| *c).collect();
        match Integer::from_str_radix(&digits, 10) {
            Ok(number) => Ok(Node::Number(number)),
            Err(error) => Err(self.error(&error.to_string())),
        }
    }
}

/// A list of one is its element.
fn single_or(mut items: Vec<(bool, Node)>, list: fn(Vec<(bool, Node)>) -> Node) -> Node {
    match (items.len(), items.pop()) {
        (1, Some((_, only))) => only,
        (_, last) => {
            items.extend(last);
            list(items)
        }
    }
}
