//! What a template is held to, as a table: code, level, what is found, what happens otherwise. A new rule is a line here
//! and a place that says [`Problem::under`](crate::diagnostic::Problem::under) it.

use crate::diagnostic::{Level, Rule};

/// A constant for each rule, and the list of all.
macro_rules! rules {
    ($($name:ident: $level:ident $code:literal $about:literal $why:literal;)*) => {
        $(pub const $name: Rule =
            Rule { code: $code, level: Level::$level, about: $about, why: $why };)*
        /// All rules, in the order of the documentation.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    BROKEN_FILE: Error "file-unreadable"
        "a file that is no text, empty, too large or nested too deeply"
        "";
    FOLDER: Mapping "file-folder"
        "a folder that cannot be taken over: a link in it, or too much"
        "the files beside it cannot be taken over";
    INVALID_YAML: Error "yaml-invalid"
        "what is not YAML"
        "";
    DUPLICATE_KEY: Error "yaml-duplicate-key"
        "a key that stands twice in a mapping"
        "one of the two would be lost";
    CONFLICT_MARK: Error "yaml-conflict-mark"
        "what a merge left in"
        "";
    BRACES: Error "yaml-braces"
        "`{{ x }}` without quotes, which is a mapping"
        "no text comes of it";
    OLD_BOOLEAN: Warning "yaml-boolean"
        "`yes`, `no`, `on`, `off` without quotes"
        "YAML 1.1 reads true or false, YAML 1.2 the word";

    LEGACY_VERSION: Error "template-version"
        "another `apiVersion` than `scaffolder.backstage.io/v1beta3`"
        "Backstage refuses it";
    OUTLINE: Error "template-outline"
        "a key that is missing or of the wrong kind"
        "";
    GOLDENPATH: Error "template-goldenpath"
        "what cannot be used in `spec.goldenpath`"
        "";

    REQUIRED: Error "schema-required"
        "a required property that is defined nowhere"
        "the form could never be sent";
    REQUIRED_BRANCH: Warning "schema-required-branch"
        "a required property that only another branch or page defines"
        "with other answers the form cannot be sent";
    DEFAULT_ENUM: Error "schema-default-enum"
        "a default that its `enum` has not"
        "the form begins with what it does not take";
    DEFAULT_TYPE: Mapping "schema-default-type"
        "a default that its own schema refuses"
        "the form begins with what it does not take";
    SCHEMA: Mapping "schema-invalid"
        "parameters that are no JSON Schema"
        "nothing that is typed can be checked";
    KEYWORD_MISFIT: Warning "schema-keyword-misfit"
        "a keyword of another type, as `maxLength` of a number"
        "it has no effect";
    KEYWORD_UNKNOWN: Warning "schema-keyword-unknown"
        "a keyword that is almost one"
        "it has no effect";
    UNUSED: Warning "parameter-unused"
        "a parameter that no step and no output reads"
        "people fill it in for nothing";

    PARAMETER: Error "expr-parameter"
        "a parameter that is declared nowhere"
        "Backstage puts nothing in its place";
    STEP: Error "expr-step"
        "a step that is not there, or comes later"
        "Backstage puts nothing in its place";
    OUTPUT: Error "expr-output"
        "an output that the step's action has not"
        "Backstage puts nothing in its place";
    ROOT: Error "expr-root"
        "a name that begins with nothing known"
        "Backstage puts nothing in its place";
    PORTAL: Mapping "expr-portal"
        "`secrets`, `context`, more of `user`: what only the portal has"
        "only the portal knows it";
    FILTER: Mapping "expr-filter"
        "a filter that is not here"
        "the step would stop";
    PORTAL_SYNTAX: Mapping "expr-portal-syntax"
        "what Nunjucks reads beyond Jinja"
        "only the portal's engine reads it";
    SYNTAX: Error "expr-syntax"
        "an expression that cannot be read, as with `&&`"
        "Backstage takes the text itself as the value";
    HYPHEN: Error "expr-hyphen"
        "`steps.a-b`, which is a subtraction"
        "";
    PLAIN_BRACES: Warning "expr-braces"
        "`{{ x }}` in a text"
        "it stays text";

    DUPLICATE_STEP: Error "step-duplicate"
        "two steps of one id"
        "the later one's outputs hide the earlier one's";
    EACH: Mapping "step-each"
        "a step with `each`"
        "";
    ACTION: Mapping "action-unknown"
        "an action that does not run here"
        "";
    INPUT: Mapping "action-input"
        "an input that the action does not take"
        "the step would stop, or do without it";
    INPUT_MISSING: Mapping "action-input-missing"
        "an input without which the action does nothing"
        "the step would stop";
    BODY: Warning "action-body"
        "the JSON of a request put together from pieces of text"
        "some values make it invalid JSON";

    SECRET_PARAMETER: Error "secret-parameter"
        "a field of kind `Secret` read from `parameters`"
        "Backstage keeps it among the secrets and puts nothing in its place";
    SECRET_SHOWN: Warning "secret-shown"
        "a secret in an output, a title or a message"
        "everybody who sees the run reads it";

    FETCH_ELSEWHERE: Mapping "fetch-elsewhere"
        "an address outside the template's folder"
        "the bot reads what came with the template alone";
    FETCH_MISSING: Mapping "fetch-missing"
        "a folder or file that is not beside the template"
        "";
    SKELETON_SYNTAX: Mapping "skeleton-syntax"
        "a skeleton file that cannot be rendered"
        "";
    SKELETON_VALUE: Mapping "skeleton-value"
        "a value that a skeleton file reads and no step gives"
        "Backstage puts nothing in its place";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_plain_and_unique() {
        for (i, rule) in ALL.iter().enumerate() {
            assert!(rule.code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.code);
            assert!(ALL[..i].iter().all(|other| other.code != rule.code), "{}", rule.code);
        }
    }
}
