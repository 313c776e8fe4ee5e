//! Values as people write them.

use std::net::IpAddr;

use serde_json::Value;

/// A value on one line.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", scalar(name), flow(value)))
                .collect();
            if fields.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", fields.join(", "))
            }
        }
    }
}

/// A text as one scalar; in quotes unless it can be nothing else.
pub fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-@".contains(c);
    let word = ["true", "false", "null", "yes", "no", "on", "off"];
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let dotted = text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4());
    if (first || dotted) && text.chars().all(plain) && !word.contains(&text.to_lowercase().as_str()) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_they_say() {
        let rows = [
            ("dc1.corp.example", "dc1.corp.example"),
            ("10.1.4.21", "10.1.4.21"),
            ("true", "\"true\""),
            ("4.4", "\"4.4\""),
            ("a: b", "\"a: b\""),
            ("2001:db8::1", "\"2001:db8::1\""),
            ("A\\b", "\"A\\\\b\""),
            ("", "\"\""),
        ];
        for (text, written) in rows {
            assert_eq!(scalar(text), written);
        }
    }
}
