//! `goldenpath check`, run as the built binary over files that are fine and files that are not.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use goldenpath::commands::spec::Menu;
use goldenpath::config::Config;
use goldenpath::content::Content;
use tempfile::TempDir;

const SPEC: &str = "command = \"env wake\"\nsummary = \"Wake it\"\nrole = \"developer\"\n";
const SURVEY: &str = include_str!("../../surveys/env-csat.toml");
const TEMPLATE: &str = include_str!("../../templates/preview-site/template.yaml");

/// A folder with these files, in which the binary runs.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// What it said on both outputs, and its exit code; the environment is `env` alone.
fn run(folder: &TempDir, arguments: &[&str], env: &[(&str, &str)]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goldenpath"));
    command.args(arguments).current_dir(folder.path()).env_clear().envs(env.iter().copied());
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code())
}

fn check(files: &[(&str, &str)], arguments: &[&str]) -> (String, Option<i32>) {
    run(&folder(files), &[&["check"], arguments].concat(), &[])
}

/// It fails and says each of these.
#[track_caller]
fn assert_named(files: &[(&str, &str)], arguments: &[&str], says: &[&str]) {
    let (said, code) = check(files, arguments);
    assert_eq!(code, Some(1), "{said}");
    for line in says {
        assert!(said.contains(line), "{line} is missing in:\n{said}");
    }
}

/// A template's folder below `name`, `from` in it replaced by `to`.
fn template(from: &str, to: &str) -> String {
    assert!(TEMPLATE.contains(from));
    TEMPLATE.replace("name: preview-site", "name: other-site").replace(from, to)
}

#[test]
fn a_spec_that_discord_does_not_take_is_named_with_its_line() {
    let name = "a-name-of-more-than-two-and-thirty";
    let option = format!("[[option]]\nname = \"{name}\"\nkind = \"flag\"\nhelp = \"Which\"\n");
    let says = format!("wake.toml:5: `{name}` has 34 characters, and Discord takes names of 32");
    assert_named(&[("wake.toml", &(SPEC.to_owned() + &option))], &["wake.toml"], &[&says]);
}

#[test]
fn the_defaults_are_fine() {
    let (said, code) = check(&[], &[]);
    assert_eq!(code, Some(0), "{said}");
    let content = Content::load(&Config::defaults()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let commands = content.menu.all().filter(|spec| !spec.hidden).count();
    assert!(said.contains(&format!("fine: {commands} commands, 2 templates, ")), "{said}");
}

#[test]
fn a_broken_config_is_named_with_line_and_caret() {
    let text = "data = \"d\"\n[log]\nlevle = \"info\"\n";
    let shown = "goldenpath.toml:3:1: unknown field `levle`, expected `format` or `level`\n    levle = \"info\"\n    ^\n";
    assert_named(&[("goldenpath.toml", text)], &[], &[shown, "1 problem to mend"]);
    assert_named(&[("goldenpath.toml", "data = \"d\n")], &[], &["goldenpath.toml:1:"]);
    let named = [("GOLDENPATH_CONFIG", "none.toml")];
    let (said, code) = run(&folder(&[]), &["check"], &named);
    assert_eq!((code, said.contains("none.toml: the config cannot be read")), (Some(1), true), "{said}");
}

#[test]
fn a_wrong_listen_address_is_named_beside_a_broken_config() {
    let env = [("GOLDENPATH_LISTEN", "8420")];
    let (said, code) = run(&folder(&[("goldenpath.toml", "dta = 1\n")]), &["check"], &env);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("GOLDENPATH_LISTEN: `8420` is not an address and a port"), "{said}");
    assert!(said.contains("goldenpath.toml:1:1: unknown field `dta`"), "{said}");
}

#[test]
fn installed_templates_and_surveys_are_checked_even_beside_a_broken_config() {
    let config = "[paths]\ntemplates = [\"t\"]\nsurveys = [\"s\"]\n[log]\nlevle = 1\n";
    let broken = template("action: site:serve", "action: site:srve");
    let survey = SURVEY.replace("key = \"env.csat\"", "key = \"own\"").replace("k = 5", "k = 1");
    let files = [("goldenpath.toml", config), ("t/x/template.yaml", &broken), ("s/own.toml", &survey)];
    let line = 1 + broken.lines().position(|line| line.contains("srve")).unwrap();
    let place = format!("t/x/template.yaml:{line}:");
    let k = "s/own.toml:7: k = 1 would show what single people said\n    k = 1\n    fix: 3 at least";
    assert_named(&files, &[], &["goldenpath.toml:5:1", &place, "did you mean `site:serve`", k]);
}

#[test]
fn given_files_are_told_apart_and_counted() {
    let fine = template("tier: golden", "tier: supported");
    let skeleton = include_str!("../../templates/preview-site/skeleton/index.html");
    let files = [
        ("my/wake.toml", SPEC),
        ("my/csat.toml", SURVEY),
        ("my/site/template.yaml", &fine),
        ("my/site/skeleton/index.html", skeleton),
    ];
    for arguments in [&["my"][..], &["my/wake.toml", "my/csat.toml", "my/site"]] {
        let (said, code) = check(&files, arguments);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("fine besides: 1 command, 1 template, 1 survey\n"), "{said}");
    }
}

#[test]
fn every_problem_of_every_given_file_is_shown_in_one_run() {
    let spec = SPEC.replace("role", "rolle");
    let survey = SURVEY.replace("k = 5", "k = 1").replace("\"env.ready\"", "\"env.rady\"");
    let broken = template("action: site:serve", "action: site:srve");
    let files =
        [("a.toml", &*spec), ("b.toml", &survey), ("t/template.yaml", &broken), ("c.toml", "x = 1\n")];
    let says = [
        "a.toml:3:1: unknown field `rolle`",
        "    rolle = \"developer\"\n    ^\n",
        "b.toml:7: k = 1",
        "b.toml:15: no fact `env.rady`",
        "t/template.yaml:",
        "c.toml: is neither a command's spec nor a survey",
        "d.toml: cannot be read",
        "empty: holds no template",
    ];
    let files = [&files[..], &[("empty/readme", "")]].concat();
    assert_named(&files, &["a.toml", "b.toml", "t/template.yaml", "c.toml", "d.toml", "empty"], &says);
}

#[test]
fn given_specs_must_not_collide() {
    let says = ["b.toml:1: `env.wake` is defined in a.toml already"];
    assert_named(&[("a.toml", SPEC), ("b.toml", SPEC)], &["a.toml", "b.toml"], &says);
}

#[test]
fn a_broken_spec_is_named_by_the_library_as_by_the_binary() {
    let spec = SPEC.replace("env wake", "Env wake now");
    let problems = Menu::parse([("a.toml", spec.as_str())]).unwrap_err();
    let shown = problems[0].to_string();
    assert!(shown.starts_with("a.toml:1: `Env wake now` is not a noun"), "{shown}");
    assert_named(&[("a.toml", &spec)], &["a.toml"], &[&shown]);
}

#[test]
fn what_works_but_will_surprise_is_a_warning() {
    let slack = [("SLACK_SIGNING_SECRET", "s3cret-sign"), ("SLACK_BOT_TOKEN", "xoxb-s3cret")];
    let bare = folder(&[]);
    let (said, code) = run(&bare, &["check"], &slack);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("warning: nobody holds the role `pm`: list identities under `[access.roles]`"),
        "{said}"
    );
    assert!(said.contains("warning: `git` is not installed"), "{said}");
    let forced = folder(&[("goldenpath.toml", "[playground]\nenabled = true\n")]);
    let (said, _) = run(&forced, &["check"], &slack);
    assert!(said.contains("warning: the playground is on beside a chat platform"), "{said}");
    let (said, _) = run(&bare, &["check"], &slack[..1]);
    assert!(said.contains("warning: Slack has one of its two secrets"), "{said}");
    let (said, _) = run(&bare, &["check"], &[("GOLDENPATH_LISTEN", "0.0.0.0:8420")]);
    assert!(said.contains("warning: no chat platform is connected"), "{said}");
}

#[test]
fn nothing_to_warn_of_is_no_warning() {
    let with_git = folder(&[("bin/git", "#!/bin/sh\n")]);
    let git = with_git.path().join("bin/git");
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = with_git.path().join("bin").display().to_string();
    let (said, code) = run(&with_git, &["check"], &[("PATH", &path)]);
    assert_eq!(code, Some(0));
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn a_secret_is_never_shown() {
    for config in [
        "[slack]\nbot_token = xoxb-s3cret\n",
        "[slack]\nsigning_secret = 53537\n",
        "database_url = [\"postgres://ada:s3cret@db\"]\n",
        "[slack]\nbot_token = \"xoxb-s3cret\"\nbot_tokn = 1\n",
    ] {
        let (said, code) = check(&[("goldenpath.toml", config)], &[]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("goldenpath.toml:"), "{said}");
        assert!(!said.contains("s3cret") && !said.contains("53537"), "{said}");
    }
}
