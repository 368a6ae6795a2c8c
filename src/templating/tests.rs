//! The renderer, case by case.

use serde_json::{Value, json};

use super::*;

fn context() -> Value {
    json!({
        "parameters": {"name": "shop-2", "port": 8080, "ratio": 0.5, "public": true, "none": null,
            "tags": ["a", "b"], "owner": {"kind": "group", "name": "core"}, "html": "<b>\"'&"},
        "steps": {"a-b": {"output": {"url": "http://x/1", "id": null}}},
        "values": {"items": [{"n": 1}, {"n": 2}], "on": false},
    })
}

fn render(text: &str) -> Result<Option<Value>, RenderError> {
    Renderer::new().render_value(&json!(text), &context())
}

#[test]
fn a_whole_expression_keeps_its_type_and_other_strings_are_text() {
    let cases = [
        ("${{ parameters.name }}", json!("shop-2")),
        ("${{ parameters.port }}", json!(8080)),
        ("  ${{ parameters.port }}\n", json!(8080)),
        ("${{- parameters.port -}}", json!(8080)),
        ("${{parameters.ratio}}", json!(0.5)),
        ("${{ parameters.public }}", json!(true)),
        ("${{ parameters.tags }}", json!(["a", "b"])),
        ("${{ parameters.owner }}", json!({"kind": "group", "name": "core"})),
        ("${{ {'a': {'b': 1}} }}", json!({"a": {"b": 1}})),
        ("${{ {'a': {'b': 1}}}}", json!({"a": {"b": 1}})),
        ("${{ '}}' }}", json!("}}")),
        ("${{ parameters.port + 1 }}", json!(8081)),
        ("${{ parameters.port == 8080 and not values.on }}", json!(true)),
        ("${{ 'x' if parameters.none else 'y' }}", json!("y")),
        ("${{ steps['a-b'].output.url }}", json!("http://x/1")),
        ("${{ parameters.port }}${{ parameters.port }}", json!("80808080")),
        ("port ${{ parameters.port }}, ${{ parameters.public }}", json!("port 8080, true")),
        ("[${{ parameters.none }}]", json!("[]")),
        ("${{ parameters.tags }}!", json!("[\"a\",\"b\"]!")),
        ("{% if parameters.public %}yes{% else %}no{% endif %}", json!("yes")),
        ("{% for i in values.items %}${{ i.n }},{% endfor %}", json!("1,2,")),
        ("{% raw %}${{ a === null }}{% endraw %}", json!("${{ a === null }}")),
        ("{# a note #}x", json!("x")),
        ("plain {{ text }} $", json!("plain {{ text }} $")),
    ];
    for (text, expected) in cases {
        assert_eq!(render(text).unwrap(), Some(expected), "{text}");
    }
}

#[test]
fn javascript_words_are_understood_outside_string_literals() {
    let cases = [
        ("${{ parameters.name === 'shop-2' }}", json!(true)),
        ("${{ parameters.name !== 'shop-2' }}", json!(false)),
        ("${{ parameters.none === null }}", json!(true)),
        ("${{ parameters.name != null }}", json!(true)),
        ("${{ 'null === !==' }}", json!("null === !==")),
        ("${{ \"it\\\"s null\" }}", json!("it\"s null")),
        ("a null ${{ parameters.none == null }} === b", json!("a null true === b")),
        ("${{ {'null': 1}['null'] }}", json!(1)),
        ("${{ {'nullable': 2}.nullable }}", json!(2)),
    ];
    for (text, expected) in cases {
        assert_eq!(render(text).unwrap(), Some(expected), "{text}");
    }
}

#[test]
fn filters_treat_null_as_not_given() {
    let cases = [
        ("${{ parameters.name | replace('-', '_') | upper }}", json!("SHOP_2")),
        ("${{ parameters.tags | join(', ') }}", json!("a, b")),
        ("${{ [true, null, 1] | join('|') }}", json!("true||1")),
        ("${{ parameters.none | default('x') }}", json!("x")),
        ("${{ parameters.nothere | default('x') }}", json!("x")),
        ("${{ '' | default('x', true) }}", json!("x")),
        ("${{ parameters.public | default(false) }}", json!(true)),
        ("${{ parameters.owner | dump }}", json!("{\"kind\":\"group\",\"name\":\"core\"}")),
        ("${{ parameters.tags | first }}${{ parameters.tags | last }}", json!("ab")),
        ("${{ parameters.tags | length }}", json!(2)),
        ("${{ parameters.none | length }}", json!(0)),
        ("${{ parameters.none | lower }}", json!("")),
        ("${{ '  x ' | trim }}", json!("x")),
        ("${{ 'c a b' | split(' ') | sort }}", json!(["a", "b", "c"])),
        ("${{ parameters.html | e }}", json!("&lt;b&gt;&quot;&#39;&amp;")),
        ("${{ parameters.html }}.", json!("<b>\"'&.")),
        ("${{ 'group:x/core' | parseEntityRef | pick('name') }}", json!("core")),
        ("${{ 'git.example?owner=o&repo=r' | projectSlug }}", json!("o/r")),
    ];
    for (text, expected) in cases {
        assert_eq!(render(text).unwrap(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_defined_or_not_understood_is_refused_by_name() {
    let cases = [
        ("${{ parameters.nme }}", "`parameters.nme` is not defined"),
        ("x ${{ parameters.nme }}", "`parameters.nme` is not defined"),
        ("${{ config.x }}", "`config.x` is not defined"),
        ("${{ parameters.name && 1 }}", "unexpected character"),
        ("${{ parameters.name", "unexpected end"),
        ("{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}", "too long"),
        ("${{ debug() }}", "debug"),
        ("{% include 'x' %}", "x"),
    ];
    for (text, expected) in cases {
        let error = render(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn what_is_read_from_inside_a_null_is_null() {
    let cases = [
        ("${{ parameters.none.name }}", None),
        ("${{ parameters.none.a['b-c'].d }}", None),
        ("[${{ parameters.none.name }}]", Some(json!("[]"))),
        ("${{ 'set' if parameters.none else 'unset' }}", Some(json!("unset"))),
        ("${{ parameters.none.a == steps['a-b'].output.id.b }}", Some(json!(true))),
        ("${{ parameters.none.a }}${{ parameters.none.b }}", Some(json!(""))),
    ];
    for (text, expected) in cases {
        assert_eq!(render(text).unwrap(), expected, "{text}");
    }
    let error = render("${{ parameters.none.name }} ${{ parameters.owner.nme }}").unwrap_err();
    assert_eq!(error.what, "`parameters.owner.nme` is not defined");
}

#[test]
fn a_key_whose_value_is_null_is_left_out() {
    let input = json!({"a": "${{ parameters.none }}", "b": {"c": "${{ steps['a-b'].output.id }}"}, "d": null,
        "list": ["${{ parameters.none }}", 1], "${{ parameters.name }}": 1});
    let rendered = Renderer::new().render_value(&input, &context()).unwrap().unwrap();
    assert_eq!(rendered, json!({"b": {}, "d": null, "list": [null, 1], "shop-2": 1}));
    assert_eq!(render("${{ parameters.none }}").unwrap(), None);
}

#[test]
fn a_failure_says_where_it_is() {
    let input = json!({"values": {"a/b": ["x", "${{ nope }}"]}});
    let error = Renderer::new().render_value(&input, &context()).unwrap_err();
    assert_eq!(error.pointer, "/values/a~1b/1");
    let error = Renderer::new().render_text("one\ntwo ${{ values.x }}\n", &context()).unwrap_err();
    assert_eq!((error.line, error.expression.as_str()), (2, "two ${{ values.x }}"));
}

#[test]
fn a_text_keeps_its_last_newline_and_a_value_is_not_rendered_again() {
    let renderer = Renderer::new();
    let context = json!({"values": {"x": "${{ values.secret }}", "secret": 1}});
    assert_eq!(renderer.render_text("a ${{ values.x }}\n", &context).unwrap(), "a ${{ values.secret }}\n");
    assert_eq!(renderer.render_text("", &context).unwrap(), "");
}

#[test]
fn references_are_dotted_names_and_leave_out_what_is_set_inside() {
    let text = "${{ steps['a-b'].output['url'] | default(parameters.x) }} {% for i in values.items %}${{ i.n }}\
                {% endfor %} ${{ range(3) }} ${{ 'parameters.no' }} {% set y = user %}${{ y }}";
    let references = Renderer::new().references(text).unwrap();
    let expected = ["parameters.x", "steps.a-b.output.url", "user", "values.items"];
    assert_eq!(references.into_iter().collect::<Vec<_>>(), expected);
    assert!(Renderer::new().references("${{ a ? b : c }}").is_err());
}

#[test]
fn a_condition_holds_as_in_javascript() {
    let holds = |condition: Value| Renderer::new().holds(&condition, &context()).unwrap();
    assert!(holds(json!(true)) && holds(json!("${{ parameters.name }}")) && holds(json!("${{ [] }}")));
    for not in [json!(false), json!("${{ parameters.none }}"), json!("${{ 0 }}"), json!("false"), json!("")] {
        assert!(!holds(not.clone()), "{not}");
    }
}
