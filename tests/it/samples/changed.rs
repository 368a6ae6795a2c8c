//! What else Slack might send: a payload, made ours, and changed member by member.

use serde_json::{Value, json};

use crate::harness::fake_slack::{BOT, TEAM};

/// The same payload from Ada in our workspace, so that it is acted on.
pub fn ours(payload: &Value) -> Value {
    let first = |paths: &[&str]| paths.iter().find_map(|path| payload.pointer(path)?.as_str());
    let mut known = vec![
        (first(&["/team_id", "/team/id", "/user/team_id"]), TEAM),
        (first(&["/user_id", "/user/id", "/event/user"]), "UADA"),
        (first(&["/channel_id", "/channel/id", "/container/channel_id", "/event/channel"]), "C1"),
    ];
    known.retain(|(theirs, _)| theirs.is_some());
    let mut ours = payload.clone();
    each_text(&mut ours, &mut |text| {
        if let Some((_, our)) = known.iter().find(|(theirs, _)| *theirs == Some(text)) {
            text.replace_range(.., our);
        }
    });
    for (path, word) in [
        ("/event/text", format!("<@{BOT}> env list").as_str()),
        ("/text", "env list"),
        ("/actions/0/value", "env.list::"),
        ("/actions/0/selected_option/value", "env.list::"),
    ] {
        if let Some(member) = ours.pointer_mut(path) {
            *member = word.into();
        }
    }
    ours
}

/// The payload without each of its members, with `null` in its place, and with two things
/// of another kind; which two goes round from `turn` on, so that every member gets most of
/// them in some payload.
pub fn changed(payload: &Value, turn: usize) -> Vec<Value> {
    let odd = odd();
    let mut all = Vec::new();
    for (n, path) in paths(payload, "").iter().enumerate() {
        let with = |member: &Value| {
            let mut changed = payload.clone();
            *changed.pointer_mut(path).unwrap() = member.clone();
            changed
        };
        all.push(with(&Value::Null));
        all.extend([2 * n + turn, 2 * n + turn + 1].map(|n| with(&odd[n % odd.len()])));
        all.extend(without(payload, path));
    }
    all
}

/// Bodies that no parser expects, made of one that it does.
pub fn garbled(body: &[u8]) -> Vec<Vec<u8>> {
    let step = (body.len() / 20).max(1);
    let cut = (0..body.len()).step_by(step).map(|end| body[..end].to_vec());
    let bad = (0..body.len()).step_by(step).map(|at| {
        let mut bytes = body.to_vec();
        bytes[at] = 0xff;
        bytes
    });
    cut.chain(bad).chain([[body, body].concat(), [b"\0\xef\xbb\xbf", body].concat()]).collect()
}

/// Bodies of no kind at all, up to the size that is read.
pub fn monsters() -> Vec<Vec<u8>> {
    let deep = "[".repeat(300_000);
    let nested =
        r#"{"type":"block_actions","user":{"id":"U1"},"actions":["#.to_owned() + &r#"{"a":"#.repeat(120);
    let many = r#"{"type":"block_actions","user":{"id":"U1"},"actions":["#.to_owned()
        + &"{},".repeat(100_000)
        + "{}]}";
    let texts = [
        deep.clone(),
        format!(r#"{{"type":"event_callback","event":{deep}"#),
        format!("payload={deep}"),
        format!("payload={nested}"),
        format!("payload={many}"),
        many,
        "&".repeat(1_000_000),
        "payload=%".repeat(100_000),
        "command=%2Fplatform&user_id=U1&text=".to_owned() + &"env+list+".repeat(100_000),
        "command=%2Fplatform&user_id=U1&text=%00%FF%ED%A0%80%F0%9F%9A%80".to_owned(),
    ];
    texts.map(String::into_bytes).into()
}

fn odd() -> Vec<Value> {
    let nested = (0..100).fold(json!("deep"), |inner, _| json!([inner]));
    let text = "<!channel> & *b* _i_ ~s~ `c` \u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} 🚀\r\n\t";
    let texts = ["", " ", "\u{0}", text, "::", "{", "-1", "99999999999999999999"];
    let other = [json!(7), json!(-1e300), json!(true), json!([]), json!({}), json!([null, {}, []]), nested];
    texts.map(Value::from).into_iter().chain(other).chain([json!("x".repeat(40_000))]).collect()
}

/// The address of every member and element, from the top.
fn paths(value: &Value, path: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    let one = |(name, member): (String, &Value)| {
        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        let below = paths(member, &path);
        std::iter::once(path).chain(below)
    };
    inner.into_iter().flat_map(one).collect()
}

fn without(payload: &Value, path: &str) -> Option<Value> {
    let mut changed = payload.clone();
    let (parent, name) = path.rsplit_once('/')?;
    match changed.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&name.replace("~1", "/").replace("~0", "~")),
        Value::Array(items) => Some(items.remove(name.parse().ok()?)),
        _ => None,
    }?;
    Some(changed)
}

/// Lets every text in a payload be changed.
pub fn each_text(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| each_text(member, change)),
        _ => {}
    }
}
