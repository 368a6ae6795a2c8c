//! What a template is held to, as a table: code, level, what happens otherwise. A new rule is a line here
//! and a place that says [`Problem::under`](crate::diagnostic::Problem::under) it.

use crate::diagnostic::{Level, Rule};

/// A constant for each rule, and the list of all.
macro_rules! rules {
    ($($name:ident: $level:ident $code:literal $why:literal;)*) => {
        $(pub const $name: Rule = Rule { code: $code, level: Level::$level, why: $why };)*
        /// All rules, in the order of the documentation.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    BROKEN_FILE: Error "file-unreadable" "";
    FOLDER: Mapping "file-folder" "the files beside it cannot be taken over";
    INVALID_YAML: Error "yaml-invalid" "";
    DUPLICATE_KEY: Error "yaml-duplicate-key" "one of the two would be lost";
    CONFLICT_MARK: Error "yaml-conflict-mark" "";
    BRACES: Error "yaml-braces" "no text comes of it";
    OLD_BOOLEAN: Warning "yaml-boolean" "YAML 1.1 reads true or false, YAML 1.2 the word";

    LEGACY_VERSION: Error "template-version" "Backstage refuses it";
    OUTLINE: Error "template-outline" "";
    GOLDENPATH: Error "template-goldenpath" "";

    REQUIRED: Error "schema-required" "the form could never be sent";
    REQUIRED_BRANCH: Warning "schema-required-branch" "with other answers the form cannot be sent";
    DEFAULT_ENUM: Error "schema-default-enum" "the form begins with what it does not take";
    DEFAULT_TYPE: Mapping "schema-default-type" "the form begins with what it does not take";
    SCHEMA: Mapping "schema-invalid" "nothing that is typed can be checked";
    KEYWORD_MISFIT: Warning "schema-keyword-misfit" "it has no effect";
    KEYWORD_UNKNOWN: Warning "schema-keyword-unknown" "it has no effect";
    UNUSED: Warning "parameter-unused" "people fill it in for nothing";

    PARAMETER: Error "expr-parameter" "Backstage puts nothing in its place";
    STEP: Error "expr-step" "Backstage puts nothing in its place";
    OUTPUT: Error "expr-output" "Backstage puts nothing in its place";
    ROOT: Error "expr-root" "Backstage puts nothing in its place";
    PORTAL: Mapping "expr-portal" "only the portal knows it";
    SYNTAX: Error "expr-syntax" "Backstage takes the text itself as the value";
    HYPHEN: Error "expr-hyphen" "";
    PLAIN_BRACES: Warning "expr-braces" "it stays text";

    DUPLICATE_STEP: Error "step-duplicate" "the later one's outputs hide the earlier one's";
    EACH: Mapping "step-each" "";
    ACTION: Mapping "action-unknown" "";
    INPUT: Mapping "action-input" "the step would stop, or do without it";
    INPUT_MISSING: Mapping "action-input-missing" "the step would stop";
    BODY: Warning "action-body" "some values make it invalid JSON";

    SECRET_PARAMETER: Error "secret-parameter" "Backstage keeps it among the secrets and puts nothing in its place";
    SECRET_SHOWN: Warning "secret-shown" "everybody who sees the run reads it";

    FETCH_ELSEWHERE: Mapping "fetch-elsewhere" "the bot reads what came with the template alone";
    FETCH_MISSING: Mapping "fetch-missing" "";
    SKELETON_SYNTAX: Mapping "skeleton-syntax" "";
    SKELETON_VALUE: Mapping "skeleton-value" "Backstage puts nothing in its place";
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
