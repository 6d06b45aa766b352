//! Tables as CSV after RFC 4180: a header line, CRLF, quotes where a field needs them.

/// A table in the making.
#[derive(Debug)]
pub(crate) struct Csv(String);

/// A row type that knows its columns.
pub(crate) trait Columns {
    /// The header line.
    const NAMES: &'static [&'static str];

    /// The fields, one per name.
    fn fields(&self) -> Vec<String>;
}

impl Csv {
    /// The table of some rows.
    pub(crate) fn of<T: Columns>(rows: &[T]) -> String {
        let mut csv = Self(String::new());
        csv.line(T::NAMES);
        for row in rows {
            csv.line(&row.fields());
        }
        csv.0
    }

    fn line(&mut self, fields: &[impl AsRef<str>]) {
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                self.0.push(',');
            }
            self.field(field.as_ref());
        }
        self.0.push_str("\r\n");
    }

    fn field(&mut self, text: &str) {
        if text.contains([',', '"', '\r', '\n']) {
            self.0.push('"');
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(text);
        }
    }
}

/// A field that may be absent.
pub(crate) fn optional<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Columns, Csv};

    struct Row(&'static str);

    impl Columns for Row {
        const NAMES: &'static [&'static str] = &["plain", "field"];

        fn fields(&self) -> Vec<String> {
            vec!["1".into(), self.0.into()]
        }
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let rows = [
            Row("3*2^5+1"),
            Row("a,b"),
            Row("say \"x\""),
            Row("two\r\nlines"),
            Row(""),
        ];
        let expected = "plain,field\r\n1,3*2^5+1\r\n1,\"a,b\"\r\n1,\"say \"\"x\"\"\"\r\n\
                        1,\"two\r\nlines\"\r\n1,\r\n";
        assert_eq!(Csv::of(&rows), expected);
    }
}
