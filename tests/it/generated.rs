//! What stands in the tree and follows from the code is compared with it.

use goldenpath::cli::reference;
use goldenpath::commands::help;
use goldenpath::config::Config;
use goldenpath::content::Content;

const README: &str = include_str!("../../README.md");

/// The part of the README between the markers of `name`.
fn part(name: &str) -> &'static str {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let after = README.split_once(&begin).map(|(_, after)| after).unwrap_or_else(|| panic!("no {begin}"));
    after.split_once(&end).map(|(part, _)| part).unwrap_or_else(|| panic!("no {end}"))
}

#[test]
fn the_readme_shows_the_commands_as_they_are() {
    let menu = Content::load(&Config::defaults()).expect("what is shipped is fine").menu;
    let expected = help::markdown(&menu);
    assert!(expected.lines().count() > 10, "{expected}");
    let fix = "put what `cargo run -- commands` prints between the markers in README.md";
    assert!(part("commands") == expected, "{fix}:\n\n{expected}");
}

#[test]
fn the_reference_is_what_the_code_says() {
    let menu = Content::load(&Config::defaults()).expect("what is shipped is fine").menu;
    for (name, expected) in reference::pages(&menu) {
        let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == expected, "run `cargo run -- docs`, which writes docs/{name} anew");
    }
}
