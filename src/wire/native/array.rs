//! The elements of a JSON array of records, found without judging them: an element that is no JSON
//! (Python writes `NaN`) must not take its neighbours down with it.

use super::RecordError;

/// The records of a body: the elements of an array, or the one object it is.
///
/// # Errors
/// [`RecordError`] when it is neither, or does not end where it should.
pub fn records(body: &[u8]) -> Result<Vec<&[u8]>, RecordError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    match body {
        [b'{', ..] => Ok(vec![body]),
        [b'[', inner @ .., b']'] => elements(inner),
        [b'[', ..] => Err(RecordError::Syntax("the array does not end; the body may be cut off".into())),
        [] => Err(RecordError::Syntax("the body is empty".into())),
        _ => Err(RecordError::Syntax("the body must be one JSON object or an array of them".into())),
    }
}

fn elements(inner: &[u8]) -> Result<Vec<&[u8]>, RecordError> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut in_string, mut escaped) = (0, 0_usize, false, false);
    for (at, byte) in inner.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => {
                return Err(RecordError::Syntax(format!("a bracket closes twice at byte {}", at + 1)));
            }
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => {
                found.push(inner[start..at].trim_ascii());
                start = at + 1;
            }
            _ => {}
        }
    }
    if in_string || depth > 0 {
        return Err(RecordError::Syntax("the array does not end; the body may be cut off".into()));
    }
    let last = inner[start..].trim_ascii();
    if !last.is_empty() || !found.is_empty() {
        found.push(last);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str) -> Vec<&str> {
        records(body.as_bytes())
            .expect(body)
            .into_iter()
            .map(|text| std::str::from_utf8(text).expect("UTF-8"))
            .collect()
    }

    #[test]
    fn elements_are_cut_at_commas_outside_texts_and_brackets() {
        assert_eq!(texts(" [ ] "), Vec::<&str>::new());
        assert_eq!(texts(r#"{"a":1}"#), [r#"{"a":1}"#]);
        assert_eq!(
            texts(r#"[{"a":"],\"}"} , {"b":[1,{"c":2}]},NaN]"#),
            [r#"{"a":"],\"}"}"#, r#"{"b":[1,{"c":2}]}"#, "NaN"]
        );
        assert_eq!(texts("[1,]"), ["1", ""], "a comma too much is an element that is no record");
    }

    #[test]
    fn a_body_that_is_cut_off_or_no_array_is_refused_whole() {
        for body in ["", "[", r#"[{"a":1}"#, r#"[{"a":1]"#, r#"["a]"#, "[1]]", "7", "null"] {
            assert!(records(body.as_bytes()).is_err(), "{body}");
        }
    }
}
