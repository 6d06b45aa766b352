//! Broken constraints in words.
//!
//! The migrations name the constraints that people can run into after the rule or the fault
//! (`agent_task_priority_is_0_to_9`, `agent_role_name_is_taken`), so a name becomes words by
//! itself; constraints that PostgreSQL named are described by table and column. No text of
//! PostgreSQL's own, which quotes rows, reaches a user.

/// What a refusal of the class "integrity constraint" or "data exception" says about the request;
/// `None` for any other code.
pub(super) fn in_words(refusal: &Refusal<'_>) -> Option<String> {
    let table = refusal.table.map_or("the entry".to_owned(), spaced);
    let words = match (refusal.code, refusal.constraint) {
        ("23514" | "23P01", Some(name)) if is_sentence(name) => {
            format!("refused, because of the rule: {}", spaced(name))
        }
        ("23514" | "23P01", Some(name)) => {
            format!("a value of {table} is not allowed ({})", spaced(name))
        }
        ("23514" | "23P01", None) => format!("a value of {table} is not allowed"),
        ("23505", Some(name)) if is_sentence(name) => spaced(name),
        ("23505", _) => format!("{table}: there is such an entry already"),
        ("23503", Some(name)) if is_sentence(name) => {
            format!("refused, because of the rule: {}", spaced(name))
        }
        ("23503", name) => {
            let column = name
                .and_then(|name| name.strip_suffix("_fkey"))
                .zip(refusal.table)
                .and_then(|(name, table)| name.strip_prefix(table)?.strip_prefix('_'))
                .map_or("a value".to_owned(), spaced);
            format!("{table}: {column} names something that does not exist, or is still needed")
        }
        ("23502", _) => {
            let column = refusal.column.map_or("a value".to_owned(), spaced);
            format!("{table}: {column} is missing")
        }
        (code, _) if code.starts_with("22") => "a value is malformed or out of range".to_owned(),
        _ => return None,
    };
    Some(words)
}

/// What PostgreSQL says of a refusal, apart from its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal<'a> {
    /// SQLSTATE.
    pub(super) code: &'a str,
    /// The constraint that was broken.
    pub(super) constraint: Option<&'a str>,
    /// Its table.
    pub(super) table: Option<&'a str>,
    /// The column, for a missing value.
    pub(super) column: Option<&'a str>,
}

/// Whether a person named the constraint: PostgreSQL ends its names in what kind it is.
fn is_sentence(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    !["_check", "_key", "_fkey", "_pkey", "_excl", "_idx"]
        .iter()
        .any(|kind| name.ends_with(kind))
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::{Refusal, in_words};

    fn words(code: &str, constraint: Option<&str>) -> Option<String> {
        in_words(&Refusal {
            code,
            constraint,
            table: Some("agent_tasks"),
            column: Some("title"),
        })
    }

    #[test]
    fn a_constraint_says_what_is_wrong() {
        let said = |code, name| words(code, Some(name)).unwrap();
        assert_eq!(
            said("23514", "agent_task_priority_is_0_to_9"),
            "refused, because of the rule: agent task priority is 0 to 9"
        );
        assert_eq!(
            said("23505", "agent_role_name_is_taken"),
            "agent role name is taken"
        );
        assert_eq!(
            said("23505", "agent_tasks_pkey"),
            "agent tasks: there is such an entry already"
        );
        assert_eq!(
            said("23503", "agent_tasks_role_id_fkey"),
            "agent tasks: role id names something that does not exist, or is still needed"
        );
        assert_eq!(
            said("23514", "agent_tasks_title_check1"),
            "a value of agent tasks is not allowed (agent tasks title check1)"
        );
        assert_eq!(
            words("23502", None).unwrap(),
            "agent tasks: title is missing"
        );
        assert_eq!(
            words("22003", None).unwrap(),
            "a value is malformed or out of range"
        );
    }

    #[test]
    fn what_is_no_fault_of_the_request_stays_a_defect() {
        for code in ["42703", "42501", "XX000", "P0001"] {
            assert_eq!(words(code, Some("agent_role_name_is_taken")), None);
        }
    }
}
