use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("swarmscope.toml"))
}

#[test]
fn the_example_file_holds_every_setting_with_its_default() {
    let example = include_str!("../../swarmscope.toml.example");
    assert_eq!(parse(example).expect("the example parses"), Config::default());
    let written: toml::Table = example.parse().expect("a table");
    let defaults = toml::Table::try_from(Config::default()).expect("a table");
    for (table, settings) in &defaults {
        for key in settings.as_table().expect("tables only").keys() {
            let there = written.get(table).and_then(|t| t.get(key)).is_some();
            assert!(there, "{table}.{key} is missing in the example");
        }
    }
}

#[test]
fn an_unknown_key_is_named_with_file_line_and_the_known_ones() {
    let error = parse("[server]\nbind = \"127.0.0.1:1\"\nbin = 3\n").expect_err("bin is unknown").to_string();
    assert!(error.starts_with("swarmscope.toml, line 3: unknown field `bin`"), "{error}");
    assert!(error.contains("`header_seconds`"), "{error}");
}

#[test]
fn a_value_of_the_wrong_type_is_shown_with_its_line() {
    let error = parse("[store]\nreaders = \"many\"\n").expect_err("text is no number").to_string();
    assert!(error.starts_with("swarmscope.toml, line 2: ") && error.contains("readers = \"many\""), "{error}");
}

#[test]
fn an_address_is_a_number_or_localhost() {
    let bind = |text: &str| Config::load(None, Overrides { bind: Some(text.into()), ..Overrides::default() });
    for good in ["127.0.0.1:0", "127.9.9.9:80", "[::1]:3000", "localhost:3000", "0.0.0.0:3000"] {
        assert!(bind(good).is_ok(), "{good}");
    }
    assert!(matches!(bind("3000"), Err(ConfigError::Invalid { key: "server.bind", .. })));
}

#[test]
fn the_command_line_wins_over_the_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("s.toml");
    std::fs::write(&file, "[store]\npath = \"from-file.db\"\nreaders = 2\n").expect("written");
    let overrides = Overrides { db: Some("from-flag.db".into()), ..Overrides::default() };
    let config = Config::load(Some(&file), overrides).expect("valid");
    assert_eq!((config.store.path, config.store.readers), ("from-flag.db".into(), 2));
}
