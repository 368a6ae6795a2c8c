//! Each rule finds what it is for, and lets pass what only looks like it.

use super::super::reading::{Reading, Verdict, level, template};
use super::super::yaml::Document;
use super::*;
use crate::catalog::model::Files;
use crate::diagnostic::Level;

const HEAD: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  type: service\n";

fn reading(spec: &str) -> Reading {
    let text = format!("{HEAD}{spec}");
    let document = Document::parse("t.yaml", &text).unwrap_or_else(|problem| panic!("{problem}"));
    template("t", &document, Files::new())
}

/// The codes of all that is said of a template with these parameters and one step of this input.
fn codes(parameters: &str, input: &str) -> Vec<&'static str> {
    let steps = format!("  steps:\n    - {{id: a, action: debug:log, input: {{{input}}}}}\n");
    let all = reading(&format!("{steps}  parameters: {parameters}\n")).problems;
    all.iter().filter_map(|one| one.rule).map(|rule| rule.code).collect()
}

fn of_parameters(parameters: &str) -> Vec<&'static str> {
    codes(parameters, "message: '${{ parameters | dump }}'")
}

fn of_message(message: &str) -> Vec<&'static str> {
    codes(
        "{properties: {p: {type: string}, s: {ui:field: Secret}}}",
        &format!("message: {message}, x: '${{{{ parameters.p }}}}'"),
    )
    .into_iter()
    .filter(|code| *code != "action-input")
    .collect()
}

#[test]
fn what_is_required_has_to_be_defined_on_every_branch() {
    let none: Vec<&'static str> = Vec::new();
    assert_eq!(of_parameters("{required: [b], properties: {a: {}}}"), ["schema-required"]);
    let branches = |first: &str, second: &str| {
        of_parameters(&format!(
            "{{required: [b], properties: {{a: {{}}}}, dependencies: {{a: {{oneOf: [{first}, {second}]}}}}}}"
        ))
    };
    assert_eq!(branches("{properties: {b: {}}}", "{properties: {b: {}}}"), none);
    assert_eq!(branches("{properties: {b: {}}}", "{properties: {c: {}}}"), ["schema-required-branch"]);
    let own = "{properties: {a: {}}, dependencies: {a: {oneOf: [{required: [x, a], properties: {c: {}}}]}}}";
    assert_eq!(of_parameters(own).len(), 1);
    let pages = "[{properties: {a: {}}}, {required: [a], properties: {b: {}}}]";
    assert_eq!(of_parameters(pages), ["schema-required-branch"]);
    let nested = "{properties: {o: {type: object, required: [x], properties: {y: {}}}}}";
    assert_eq!(of_parameters(nested), ["schema-required"]);
    let elsewhere =
        "{required: [b], allOf: [{$ref: '#/definitions/x'}], definitions: {x: {properties: {b: {}}}}}";
    assert_eq!(of_parameters(elsewhere), none, "what is named elsewhere is not known");
}

#[test]
fn defaults_and_keywords_fit_their_property() {
    let property = |schema: &str| of_parameters(&format!("{{properties: {{a: {{{schema}}}}}}}"));
    assert_eq!(property("enum: [x], default: y"), ["schema-default-enum"]);
    assert_eq!(property("type: string, default: 1"), ["schema-default-type"]);
    assert_eq!(property("type: strin"), ["schema-invalid"]);
    assert_eq!(property("type: integer, maxLength: 3"), ["schema-keyword-misfit"]);
    assert_eq!(property("type: string, maxLenght: 3"), ["schema-keyword-unknown"]);
    assert_eq!(property("type: object, properties: {b: {enum: [1], default: 2}}").len(), 1);
    let fine =
        "type: string, maxLength: 3, ui:enumDisabled: [x], x-own: 1, ui:backstage: {review: {mask: '*'}}";
    assert_eq!(property(fine), Vec::<&str>::new());
}

#[test]
fn expressions_name_what_there_is() {
    for (message, code) in [
        ("'${{ parameters.q }}'", "expr-parameter"),
        ("'${{ steps.b.output.x }}'", "expr-step"),
        ("'${{ config.x }}'", "expr-root"),
        ("'${{ each.value }}'", "expr-root"),
        ("'${{ secrets.x | upper }}'", "expr-portal"),
        ("'${{ user.entity.metadata.name }}'", "expr-portal"),
        ("'${{ parameters.p && 1 }}'", "expr-syntax"),
        ("'${{ parameters.p ? 1 : 2 }}'", "expr-syntax"),
        ("'${{ parameters.p !== undefined }}'", "expr-portal"),
        ("'${{ parameters.p | replace(r/a/g, 1) }}'", "expr-portal-syntax"),
        ("'${{ parameters.p | lower | jsonify(1) }}'", "expr-filter"),
        ("'{{ parameters.p }}'", "expr-braces"),
        ("'${{ parameters.s }}'", "secret-parameter"),
        ("yes", "yaml-boolean"),
    ] {
        let found = of_message(message);
        assert_eq!(found, [code], "{message}");
    }
    for fine in [
        "'${{ user.name }} {% raw %}{{ x }}{% endraw %}'",
        "'yes | no ${{ \"a|b\" | default(1, true) | dump }}'",
        "'${{ {\"a\": {}} | dump }}'",
    ] {
        assert_eq!(of_message(fine), Vec::<&str>::new(), "{fine}");
    }
}

#[test]
fn what_people_fill_in_is_read_somewhere() {
    let pages = "[{properties: {a: {}, b: {}, c: {type: 'null'}}, dependencies: {b: {oneOf: [{properties: {b: {const: 1}}}]}}}]";
    assert_eq!(codes(pages, ""), ["parameter-unused"]);
    assert_eq!(codes("{properties: {s: {ui:field: Secret}}}", ""), Vec::<&str>::new());
}

#[test]
fn a_portals_own_needs_a_mapping_and_is_no_error_there() {
    let spec = "  steps:\n    - {id: a, action: publish:github, input: {x: 1}}\n    - {id: b, action: x:y, each: [1], input: {v: '${{ each.value }}'}}\n  output: {x: '${{ steps.a.output.remoteUrl }}'}\n";
    let read = reading(spec);
    let codes: Vec<_> = read.problems.iter().filter_map(|one| one.rule).map(|rule| rule.code).collect();
    assert_eq!(codes, ["action-unknown", "action-unknown", "step-each"]);
    assert!(read.problems.iter().all(|one| level(one) == Level::Mapping));
    assert_eq!(read.verdict(), Verdict::Mapping);
    assert_eq!(read.installed().unwrap_err().len(), 3, "nothing that cannot run is installed");
}

#[test]
fn a_secret_is_not_shown_and_a_body_not_pieced_together() {
    let spec = "  steps:\n    - {id: a, action: 'http:backstage:request', input: {body: '{\"x\": \"${{ user.name }}\"}'}}\n  output: {text: [{content: '${{ secrets.token }} ${{ steps.a.output.body }}'}]}\n";
    let found: Vec<_> =
        reading(spec).problems.iter().filter_map(|one| one.rule).map(|rule| rule.code).collect();
    assert_eq!(found, ["action-unknown", "action-body", "expr-portal"]);
    let ours = "  steps:\n    - {id: a, action: 'exec:run', input: {command: [x]}}\n  goldenpath: {outputs: {secret: [steps.a.output.stdout]}}\n  output: {text: [{content: '${{ steps.a.output.stdout }}'}]}\n";
    let found = reading(ours);
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    assert_eq!((found.problems[0].rule, found.verdict()), (Some(&rules::SECRET_SHOWN), Verdict::Ready));
}

#[test]
fn inputs_are_known() {
    assert_eq!(codes("{}", "mesage: x"), ["action-input"]);
    let spec = "  steps: [{id: a, action: 'exec:run', input: {cwd: x}}]\n";
    assert_eq!(reading(spec).problems[0].rule, Some(&rules::INPUT_MISSING));
}

/// Whatever part of a template somebody has typed so far, and whatever line is lost.
#[test]
fn no_text_is_too_broken_to_be_linted() {
    let text = include_str!("../../../templates/preview-site/template.yaml");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let cut = (0..text.len()).step_by(7).filter_map(|end| text.get(..end).map(str::to_owned));
    let without = (0..lines.len()).map(|i| [&lines[..i], &lines[i + 1..]].concat().concat());
    for text in cut.chain(without) {
        for document in super::super::reading::documents("t.yaml", text.as_bytes(), true).unwrap_or_default()
        {
            template("t", &document, Files::new());
        }
    }
}
