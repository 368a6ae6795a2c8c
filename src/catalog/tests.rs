//! Loading, linting and searching.

use std::fs;

use serde_json::{Map, Value, json};

use super::*;
use crate::templating::Renderer;

fn shipped() -> Catalog {
    Catalog::load(&[]).unwrap_or_else(|problems| panic!("{}", shown(&problems)))
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const HEAD: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\n";

/// A template of this `spec` (indented by two) beside these files.
fn reading(spec: &str, more: &[(&str, &str)]) -> Reading {
    let text = format!("{HEAD}spec:\n  type: service\n{spec}");
    let file = |text: &str| TemplateFile { bytes: text.into(), executable: false };
    let files: Files = more.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect();
    let document =
        yaml::Document::parse("t/template.yaml", &text).unwrap_or_else(|problem| panic!("{problem}"));
    reading::template("t", &document, files)
}

/// What keeps it from being installed, as `line:column what | fix`.
fn lint(spec: &str, more: &[(&str, &str)]) -> Vec<String> {
    let problems = reading(spec, more).installed().err().unwrap_or_default();
    let line = |p: Problem| format!("{}:{}:{} {} | {}", p.file, p.line, p.column, p.what, p.fix);
    problems.into_iter().map(line).collect()
}

fn lint_one(spec: &str) -> String {
    let problems = lint(spec, &[]);
    assert_eq!(problems.len(), 1, "{spec}\n{problems:#?}");
    problems.into_iter().next().unwrap_or_default()
}

const STEP: &str = "  steps: [{id: a-b, action: 'exec:run', input: {command: [x]}}]\n";

#[test]
fn the_shipped_templates_are_golden_and_need_nothing_but_a_name() {
    for template in shipped().list() {
        assert_eq!(template.tier, model::Tier::Golden, "{}", template.name);
        let values = template.values(&BTreeMap::new(), "shop-2").unwrap();
        assert!(!template.adapted(&values), "{}", template.name);
        assert!(template.fields().iter().all(|field| !field.required), "{}", template.name);
    }
    let names: Vec<String> = shipped().templates.into_keys().collect();
    assert_eq!(names, ["preview-site", "rust-service"]);
}

#[test]
fn a_lifetime_is_read() {
    let catalog = shipped();
    let days = |name: &str| {
        let ttl = catalog.get(name).unwrap().ttl.unwrap();
        (ttl.default.as_secs() / 86_400, ttl.max.as_secs() / 86_400)
    };
    assert_eq!((days("preview-site"), days("rust-service")), ((3, 14), (7, 30)));
}

#[test]
fn search_ranks_and_forgives() {
    let catalog = shipped();
    let first = |words: &str| catalog.search(words).templates.first().map(|template| template.name.clone());
    for words in ["rust", "service", "backend api", "RUST", "rst", "rust-servce", "http", "git repository"] {
        assert_eq!(first(words).as_deref(), Some("rust-service"), "{words}");
    }
    for words in ["page", "static", "preview", "web page", "prevew"] {
        assert_eq!(first(words).as_deref(), Some("preview-site"), "{words}");
    }
    assert_eq!(first("kubernetes"), None);
    let some = catalog.search("rust kubernetes");
    assert_eq!(
        (some.every, some.templates.len()),
        (false, 1),
        "what fits some of the words is better than nothing"
    );
    assert!(catalog.search("rust api").every);
    assert_eq!(catalog.search("!rust ^$'").templates.len(), 1, "marks are not a language");
    assert_eq!(catalog.nearest("rust-servise"), Some("rust-service"));
    assert_eq!(catalog.nearest("zzz"), None);
}

#[test]
fn an_operators_folder_is_read_and_may_not_take_a_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, template) in [("one", "mine"), ("two", "rust-service")] {
        let text = HEAD.replace("name: t", &format!("name: {template}"));
        fs::create_dir(folder.path().join(name)).unwrap();
        let path = folder.path().join(name).join("template.yaml");
        fs::write(path, format!("{text}spec:\n  type: x\n{STEP}")).unwrap();
    }
    let problems = Catalog::load(&[folder.path().to_owned()]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].what, "there is a template `rust-service` already");
    assert!(problems[0].file.ends_with("two/template.yaml"));
    let catalog = Catalog::load(&[folder.path().join("one")]).unwrap();
    assert_eq!(catalog.get("mine").unwrap().tier, model::Tier::Custom);
    assert!(Catalog::load(&[folder.path().join("none")]).unwrap_err()[0].what.contains("cannot be read"));
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("one/link")).unwrap();
    assert_eq!(Catalog::load(&[folder.path().join("one")]).unwrap_err()[0].what, "is a link");
}

#[test]
fn a_wrong_reference_is_found_with_its_place_and_fix() {
    let with = |reference: &str| {
        let steps = "  steps:\n    - {id: p, action: 'publish:git'}\n    - id: q\n      action: debug:log\n";
        let input = format!("      input: {{message: \"x ${{{{ {reference} }}}}\"}}\n");
        lint_one(&format!("{steps}{input}  parameters: {{properties: {{port: {{type: integer}}}}}}\n"))
    };
    let cases = [
        ("parameters.prt", "there is no parameter `prt` | did you mean `port`?"),
        ("steps.pp.output.remoteUrl", "there is no step `pp` | did you mean `p`?"),
        ("steps.q.output.x", "step `q` has not run yet at this point | move it up, or read it later"),
        ("steps.p.output.remoteURL", "`publish:git` has no output `remoteURL` | did you mean `remoteUrl`?"),
        ("steps.p.remoteUrl", "a step has no `remoteUrl` | write `steps['p'].output.remoteUrl`"),
        (
            "config.x",
            "there is no `config` to read from | use `parameters`, `steps`, `user` or `environment`",
        ),
        ("values.x", "`values.x`: `values` is known in skeleton files only | read `parameters` here"),
    ];
    for (reference, expected) in cases {
        assert_eq!(with(reference), format!("t/template.yaml:10:24 {expected}"), "{reference}");
    }
    assert!(with("parameters.port && 1").contains("write `and`, `or`, `not`"));
}

#[test]
fn what_reads_well_is_accepted() {
    let spec = "  parameters:\n    - properties: {a: {type: string}, when-x: {type: string}}\n  steps:\n    \
                - {id: a-b, action: 'exec:run', if: \"${{ parameters.a === null }}\", input: {command: [\"${{ user.name }}\"]}}\n    \
                - {id: c, action: 'debug:log', input: {message: \"${{ steps['a-b'].output.exitCode }} ${{ parameters['when-x'] }}\"}}\n  \
                output: {links: [{url: \"${{ steps['a-b'].output.stdout | trim }}/${{ environment.name }}\"}]}\n";
    assert_eq!(lint(spec, &[]), Vec::<String>::new());
}

#[test]
fn a_hyphen_is_not_taken_for_a_name() {
    let spec = format!("{STEP}  output: {{x: \"${{{{ steps.a-b.output.stdout }}}}\"}}\n");
    let expected = "`steps.a-b` is read as a subtraction | write `steps['a-b']`";
    assert!(lint_one(&spec).ends_with(expected), "{}", lint_one(&spec));
}

#[test]
fn the_outline_is_checked() {
    let spec = |more: &str| lint_one(&format!("{STEP}{more}"));
    let path = |more: &str| spec(&format!("  goldenpath:\n    {more}\n"));
    assert!(path("teir: golden").ends_with("8:5 `goldenpath` knows no key `teir` | did you mean `tier`?"));
    assert!(path("tier: silver").contains("there is no tier `silver`"));
    assert!(path("ttl: {default: 3 days, max: 4d}").contains("`3 days` is not a span of time"));
    assert!(path("ttl: {default: 5d, max: 4d}").contains("longer than `max`"));
    assert!(path("ttl: {default: 5d}").contains("`spec.goldenpath.ttl.max` is missing"));
    assert!(path("recommended: {nope: {}}").contains("there is no parameter `nope`"));
    assert!(path("outputs: {secret: [steps.x.output.y]}").contains("there is no step `x`"));
    assert!(path("operations: {explode: []}").contains("knows no key `explode`"));
    assert!(lint_one("  steps: [{id: a, action: 'debug:lgo'}]\n").contains("did you mean `debug:log`?"));
    assert!(lint_one("  steps: []\n").contains("`spec.steps` is missing or empty"));
    let twice = "  steps: [{id: a, action: 'debug:log'}, {id: a, action: 'debug:log'}]\n";
    assert!(lint_one(twice).contains("the step id `a` stands here twice"));
    let each = "  steps: [{id: a, action: 'debug:log', each: [1]}]\n";
    assert!(lint_one(each).contains("`each` is not done here"));
    let braces = "  steps: [{id: a, action: 'debug:log', input: {message: {{ x }}}}]\n";
    assert!(lint_one(braces).contains("YAML reads braces without quotes as a mapping"));
}

#[test]
fn an_envelope_of_another_kind_is_refused() {
    let read = |text: &str| {
        let file = TemplateFile { bytes: text.into(), executable: false };
        let files = Files::from([("template.yaml".into(), file)]);
        let problems = reading::among("t", &files, None).unwrap_err();
        shown(&problems)
    };
    let old =
        format!("{HEAD}spec: {{type: x, steps: [{{action: 'debug:log'}}]}}\n").replace("v1beta3", "v1beta2");
    assert!(read(&old).contains("fix: write `apiVersion: scaffolder.backstage.io/v1beta3`"));
    for missing in ["apiVersion", "kind", "metadata.name", "spec.type", "spec.steps"] {
        assert!(read("x: 1\n").contains(&format!("`{missing}` is missing")), "{missing}");
    }
    assert!(read(&old.replace("name: t", "name: -t")).contains("cannot be a template's name"));
    assert!(shown(&reading::among("t", &Files::new(), None).unwrap_err()).contains("no `template.yaml`"));
}

#[test]
fn the_parameters_schemas_are_checked() {
    let pages = |pages: &str| lint_one(&format!("{STEP}  parameters: {pages}\n"));
    assert!(pages("[{required: [prt], properties: {port: {}}}]").contains("`prt` is required but not among"));
    assert!(pages("{properties: {a: {enum: [x], default: y}}}").contains("is not among its `enum`"));
    assert!(
        pages("{properties: {a: {type: array, default: [z], items: {enum: [x]}}}}").contains("its `enum`")
    );
    assert!(pages("{properties: {a: {type: integer, default: x}}}").contains("does not fit its own schema"));
    assert!(pages("{properties: {a: {type: strin}}}").contains("is not a JSON Schema"));
    let branch =
        "[{required: [b], properties: {a: {}}, dependencies: {a: {oneOf: [{properties: {b: {}}}]}}}]";
    assert_eq!(lint(&format!("{STEP}  parameters: {branch}\n"), &[]), Vec::<String>::new());
}

#[test]
fn skeleton_files_may_read_only_the_values_they_are_given() {
    let spec = "  steps: [{id: a, action: 'fetch:template', input: {values: {name: x}, copyWithoutTemplating: [raw/]}}]\n";
    let files = [
        ("skeleton/ok", "${{ values.name }} {% for x in values.name %}${{ x }}{% endfor %}"),
        ("skeleton/bad", "one\n  ${{ values.nam }}"),
        ("skeleton/ci", "${{ secrets.T }}"),
        ("skeleton/open", "a\n{% if values.name %}"),
        ("skeleton/raw/x", "${{ secrets.T }}"),
        ("skeleton/${{ values.z }}", ""),
    ];
    let found = lint(spec, &files);
    assert!(found[0].contains("t/skeleton/${{ values.z }}:1:") && found[0].contains("no value `z`"));
    assert!(found[1].starts_with("t/skeleton/bad:2:7 there is no value `nam` | did you mean `name`?"));
    assert!(found[2].contains("cannot read `secrets.T`") && found[3].starts_with("t/skeleton/open:2:0"));
    assert_eq!(found.len(), 4, "{found:#?}");
    let outside = "  steps: [{id: a, action: 'fetch:template', input: {url: ../x}}]\n";
    assert!(lint_one(outside).contains("is not a folder of this template"));
}

#[test]
fn a_context_holds_null_for_what_was_declared_and_not_given() {
    let catalog = shipped();
    let template = catalog.get("rust-service").unwrap();
    let context = template.context(&Map::new(), &Map::new(), &json!({}), &json!({"name": "shop"}));
    assert_eq!(context.pointer("/steps/publish/output/remoteUrl"), Some(&Value::Null));
    let renderer = Renderer::new();
    assert_eq!(template.rendered_outputs(&renderer, &context).unwrap(), Map::new());
    let outputs = json!({"publish": {"remoteUrl": "file:///r/shop.git", "extra": 1}});
    let context = template.context(&Map::new(), outputs.as_object().unwrap(), &json!({}), &json!({}));
    let rendered = template.rendered_outputs(&renderer, &context).unwrap();
    assert_eq!(Value::Object(rendered), json!({"repository": "file:///r/shop.git"}));
    let input = renderer.render_value(&template.plan()[1].input, &context).unwrap().unwrap();
    assert_eq!(input.get("repoUrl"), None);
}

#[test]
fn a_plan_survives_being_stored() {
    let catalog = shipped();
    let plan = catalog.get("preview-site").unwrap().plan();
    let stored = serde_json::to_value(&plan).unwrap();
    assert_eq!(stored[1]["action"], "site:serve");
    assert_eq!(stored[1]["position"], 2);
    assert_eq!(serde_json::from_value::<Vec<model::Step>>(stored).unwrap(), plan);
}
