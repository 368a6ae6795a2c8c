//! What fits while somebody types: the choices of an argument, the best match first. Pure.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::spec::Argument;
use crate::chat::message::Choice;

/// More than this nobody reads, and no platform shows.
const MOST: usize = 100;

/// What the argument's spec itself offers.
pub(super) fn fixed(argument: &Argument) -> Vec<Choice> {
    let choice = |value: &String| Choice { value: value.clone(), label: value.clone() };
    argument.choices.iter().map(choice).collect()
}

/// Those that hold what was typed, letter by letter in this order; all of them as long as
/// nothing was. Of equally good ones the shorter comes first.
pub(super) fn best(mut choices: Vec<Choice>, typed: &str) -> Vec<Choice> {
    let typed: String = typed.chars().take(MOST).collect();
    if !typed.trim().is_empty() {
        let pattern = Pattern::new(&typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT), Vec::new());
        let mut score =
            |choice: &Choice| pattern.score(Utf32Str::new(&choice.label, &mut buffer), &mut matcher);
        let mut scored: Vec<(u32, Choice)> =
            choices.into_iter().filter_map(|choice| Some((score(&choice)?, choice))).collect();
        scored.sort_by_key(|(score, choice)| (Reverse(*score), choice.label.chars().count()));
        choices = scored.into_iter().map(|(_, choice)| choice).collect();
    }
    choices.truncate(MOST);
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(labels: &[&str], typed: &str) -> Vec<String> {
        let choice = |label: &&str| Choice { value: format!("v {label}"), label: (*label).to_owned() };
        best(labels.iter().map(choice).collect(), typed).into_iter().map(|choice| choice.label).collect()
    }

    #[test]
    fn the_best_match_comes_first_and_what_does_not_fit_is_left_out() {
        let labels = ["web-shop", "shop-2", "shop", "search-of-pages", "lab"];
        assert_eq!(found(&labels, "shop"), ["shop", "shop-2", "web-shop", "search-of-pages"]);
        assert_eq!(found(&labels, "SHOP 2"), ["shop-2"]);
        assert_eq!(found(&labels, "!shop"), [""; 0], "no mark is a pattern's");
        assert_eq!(found(&labels, " "), labels);
        assert_eq!(found(&["Größe"], "große"), [""; 0]);
        assert_eq!(found(&["Größe"], "grosse"), [""; 0]);
        assert_eq!(found(&["Größe"], "größe"), ["Größe"]);
    }

    #[test]
    fn no_more_than_a_hundred_are_offered_however_long_the_words_are() {
        let labels: Vec<String> = (0..300).map(|n| format!("demo-{n}")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        assert_eq!(found(&labels, "").len(), 100);
        assert_eq!(found(&labels, "demo-299")[0], "demo-299");
        assert_eq!(found(&labels, &"x".repeat(100_000)).len(), 0);
    }
}
