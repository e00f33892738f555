//! Numbers and JSON strings as every format here writes them.

/// The shortest text that reads back as the same number, without a needless `.0`; `1e300` stays
/// short. The sign of zero is dropped: it means nothing in a measurement.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let mut text = format!("{value:?}");
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

/// Appends `text` as a JSON string. Only what JSON requires is escaped, so that the same text always
/// gives the same bytes.
pub(super) fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        copied = at + 1;
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            out.extend_from_slice(format!("{byte:04x}").as_bytes());
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

/// Appends JSON that was kept as it was written. A line break in valid JSON stands between tokens
/// only; it becomes a blank, because one record is one line in NDJSON.
pub(super) fn push_json(out: &mut Vec<u8>, json: &str) {
    out.extend(json.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_read_back() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (1e300, "1e300"),
            (1e-7, "1e-7"),
            (9_007_199_254_740_993.0, "9007199254740992"),
        ] {
            assert_eq!(number(value), text);
            assert_eq!(text.parse::<f64>(), Ok(value));
        }
    }

    #[test]
    fn strings_escape_what_json_requires_and_nothing_else() {
        let mut out = Vec::new();
        push_json_string(&mut out, "a\"b\\c\nd\te\u{1}</script>é");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), "\"a\\\"b\\\\c\\nd\\te\\u0001</script>é\"");
    }

    #[test]
    fn kept_json_loses_its_line_breaks_and_nothing_else() {
        let mut out = Vec::new();
        push_json(&mut out, "{\n \"a\":\t\"x\\ny\"\r\n}");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), "{  \"a\":\t\"x\\ny\"  }");
    }
}
