//! JSON laid out to be read, every token as it was written: numbers keep their digits, keys their order.

/// Spaces a level.
const INDENT: usize = 2;

/// `json` with a line for each member. Text that is no JSON comes out with all it holds, too.
#[must_use]
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut depth = 0_usize;
    let mut chars = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth * INDENT));
    };
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                let mut escaped = false;
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '"' && !escaped {
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_on_lines_of_their_own_and_empty_ones_stay_short() {
        assert_eq!(
            pretty(r#"{"a":[1, {"b":null}],"c":{},"d":[ ]}"#),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}"
        );
    }

    #[test]
    fn every_token_stays_as_it_was_written() {
        for token in ["12345678901234567890.10", "1e400", "null", r#""a, {b} \" [c]: \\""#, r#""é < > &""#] {
            assert_eq!(pretty(token), token);
        }
        assert_eq!(pretty("{\"z\":1,\"a\":\"\\\\\"}"), "{\n  \"z\": 1,\n  \"a\": \"\\\\\"\n}");
    }

    #[test]
    fn what_is_no_json_does_not_break_it() {
        for text in ["", "}}]", "{\"open", "[[[", "\"\\"] {
            let kept: String = pretty(text).chars().filter(|c| !c.is_whitespace()).collect();
            assert_eq!(kept, text);
        }
    }
}
