use super::*;

fn read(text: &str) -> Result<Channel, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

#[test]
fn what_is_not_written_has_its_default() {
    let channel = read("name = 'ops'\ntype = 'webhook'\nurl = 'https://hooks.example/x'").expect("a channel");
    assert_eq!(channel.severities, Severity::ALL);
    assert!(channel.send_resolved && !channel.allow_private && channel.timeout_seconds == 5);
    assert!(matches!(channel.via, Via::Webhook { url: Text::Plain(_), secret: None, token: None }));
    let key = "name = 'pager'\ntype = 'pagerduty'\nrouting_key = { env = 'PD' }";
    assert_eq!(read(key).expect("a channel").via.shown_target(), "https://events.pagerduty.com");
    let mail = "name = 'm'\ntype = 'email'\nhost = 'mx.example'\nfrom = 'a@example.org'\nto = ['b@example.org']";
    assert_eq!(read(mail).expect("a channel").via.shown_target(), "b@example.org by mx.example:587");
}

#[test]
fn every_channel_survives_being_written_and_read() {
    let texts = [
        "name = 'a'\ntype = 'webhook'\nurl = { file = '/run/url' }\nsecret = { env = 'S' }\ntoken = { env = 'T' }",
        "name = 'b'\ntype = 'slack'\nurl = { env = 'SLACK' }\nseverities = ['critical']\nsend_resolved = false",
        "name = 'c'\ntype = 'pagerduty'\nrouting_key = { env = 'PD' }\ntimeout_seconds = 9",
        "name = 'd'\ntype = 'alertmanager'\nurl = 'https://am:9093'\nallow_private = true\nca_file = '/etc/ca.pem'",
        "name = 'e'\ntype = 'email'\nhost = 'h'\ntls = 'tls'\nusername = 'u'\npassword = { file = '/p' }\n\
         from = 'a@b'\nto = ['c@d', 'e@f']",
    ];
    for text in texts {
        let channel = read(text).expect(text);
        let written = toml::to_string(&channel).expect("TOML");
        assert_eq!(read(&written).as_ref(), Ok(&channel), "{written}");
    }
}

#[test]
fn what_cannot_be_used_is_named_with_what_can() {
    let refused = |text: &str| read(text).expect_err(text);
    assert_eq!(
        refused("name = 'a b'\ntype = 'slack'"),
        "a channel's name has 1 to 64 letters, digits, `-` and `_`; `a b` has not"
    );
    assert_eq!(refused("name = 'a'\ntype = 'slack'"), "channel `a` of type slack needs `url`");
    assert_eq!(
        refused("name = 'a'\ntype = 'slack'\nurl = { env = 'U' }\nrouting_key = { env = 'K' }"),
        "channel `a` of type slack knows no `routing_key`; it takes url"
    );
    assert!(refused("name = 'a'\ntype = 'fax'").contains("expected one of `webhook`, `slack`, `pagerduty`"));
    assert!(
        refused("name = 'a'\ntype = 'webhook'\nurl = 'ftp://x'").ends_with("`url` must begin with https:// or http://")
    );
    assert!(
        refused("name = 'a'\ntype = 'webhook'\nurl = 'https://u:p@x/'").contains("must not hold a user or password")
    );
    assert!(
        refused("name = 'a'\ntype = 'webhook'\nurl = 'https://x'\nseverities = []")
            .contains("info, warning and critical")
    );
    assert!(
        refused("name = 'a'\ntype = 'webhook'\nurl = 'https://x'\ntimeout_seconds = 0").contains("must be 1 to 60")
    );
    let mail = "name = 'a'\ntype = 'email'\nhost = 'h'\nfrom = 'x@y'\nto = ['z@y']";
    assert!(refused(&mail.replace("z@y", "z")).contains("`to` holds `z`; write addresses such as"));
    assert!(refused(&mail.replace("x@y", "x@y\\nBcc: q@y").replace('\'', "\"")).contains("`from` holds"));
    assert!(refused(&format!("{mail}\nusername = 'u'")).contains("go together"));
    let clear = format!("{mail}\ntls = 'none'\nusername = 'u'\npassword = {{ env = 'P' }}");
    assert!(refused(&clear).contains("is not sent in clear"));
}

#[test]
fn a_secret_in_clear_is_refused_without_being_repeated() {
    for text in [
        "name = 'a'\ntype = 'webhook'\nurl = 'https://x'\nsecret = 'hunter2'",
        "name = 'a'\ntype = 'pagerduty'\nrouting_key = 'hunter2'",
    ] {
        assert_eq!(read(text), Err(IN_CLEAR.to_owned()));
    }
    let slack = read("name = 'a'\ntype = 'slack'\nurl = 'https://hooks.slack.com/hunter2'").expect_err("a secret");
    assert!(slack.contains("lets everybody post who knows it") && !slack.contains("hunter2"));
}

#[test]
fn of_a_url_only_scheme_and_host_are_shown() {
    assert_eq!(origin("https://hooks.example:8443/services/T0/secret?x=1"), "https://hooks.example:8443");
    assert_eq!(origin("http://[::1]:9093"), "http://[::1]:9093");
    let channel = read("name = 'a'\ntype = 'webhook'\nurl = { env = 'HOOK' }").expect("a channel");
    assert_eq!(channel.via.shown_target(), "$HOOK");
}
