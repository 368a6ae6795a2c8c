//! What is asked and what can be answered: pure.
//!
//! An answer's value is a place from 1, or 0 for "does not apply", or, of a
//! multiple choice, the bit mask of its places as a negative number: a value
//! says by itself what it counts for, whatever became of the survey's file.

use serde::Deserialize;

/// The bucket of all answers that gave a place.
pub const PLACED: i64 = -1;
/// The bucket of those that were asked.
pub const ASKED: i64 = -2;
/// The most choices of a question: what a message and a form of every platform hold.
const MOST: usize = 10;

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Five labels from worst to best; the score is the share of the best two.
    Csat,
    /// Seven labels from "strongly disagree" to "strongly agree" that something was easy;
    /// the score is the share of the best three.
    Ces,
    /// The numbers 0 to 10, the ends labelled; place 1 is 0. The score is the share of 9
    /// and 10 less that of 0 to 6.
    Nps,
    /// Two to seven labels from disagreement to agreement; the score is the mean place.
    Likert,
    /// One of several.
    Single,
    /// Any of several.
    Multiple,
    /// Words alone.
    Text,
}

impl Kind {
    /// The word in a survey's file.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Csat => "csat",
            Kind::Ces => "ces",
            Kind::Nps => "nps",
            Kind::Likert => "likert",
            Kind::Single => "single",
            Kind::Multiple => "multiple",
            Kind::Text => "text",
        }
    }

    /// How many `choices` the file has to give, and what they are.
    fn choices(self) -> (std::ops::RangeInclusive<usize>, &'static str) {
        match self {
            Kind::Csat => (5..=5, "label every point from worst to best"),
            Kind::Ces => (7..=7, "label every point from disagreement to agreement"),
            Kind::Nps => (2..=2, "label the ends: what 0 and what 10 means"),
            Kind::Likert => (2..=7, "label every point from disagreement to agreement"),
            Kind::Single | Kind::Multiple => (2..=MOST, "give what can be chosen"),
            Kind::Text => (0..=0, "leave them out, or make it `single`"),
        }
    }
}

/// What is asked after an answer, for words of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// Asked after choices up to this place, of an nps question up to this number;
    /// other answers get a neutral question. Absent: asked after any.
    pub up_to: Option<i64>,
    pub text: String,
}

/// The one question of a micro-survey.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub kind: Kind,
    /// `{subject}` is what it is about, as the environment's name.
    pub text: String,
    /// What can be chosen, from worst to best where there is an order; of nps its two ends.
    #[serde(default)]
    choices: Vec<String>,
    /// The label of "does not apply", which is apart from every point.
    pub not_applicable: Option<String>,
    pub comment: Option<Comment>,
}

impl Question {
    /// The labels of its places, the first one's place being 1; none of a text.
    pub fn labels(&self) -> Vec<String> {
        match self.kind {
            Kind::Nps => (0..=10).map(|number: u8| number.to_string()).collect(),
            _ => self.choices.clone(),
        }
    }

    /// What the ends of an nps question mean.
    pub fn ends(&self) -> Option<(&str, &str)> {
        match (self.kind, self.choices.as_slice()) {
            (Kind::Nps, [low, high]) => Some((low, high)),
            _ => None,
        }
    }

    /// The value of what was chosen: a place from 1, `0`, or of a multiple choice a JSON
    /// list of places; `None` when it was not offered.
    pub fn value(&self, chosen: &str) -> Option<i64> {
        if chosen == "0" {
            return self.not_applicable.as_ref().map(|_| 0);
        }
        match self.kind {
            Kind::Multiple => {
                let places: Vec<String> = serde_json::from_str(chosen).ok()?;
                let masks: Option<Vec<i64>> =
                    places.iter().map(|place| Some(1 << (self.place(place)? - 1))).collect();
                masks?.into_iter().reduce(|all, one| all | one).map(|mask| -mask)
            }
            Kind::Text => None,
            _ => self.place(chosen),
        }
    }

    /// The labels that a value stands for; none of a text.
    pub fn chosen(&self, value: i64) -> Vec<String> {
        if value == 0 {
            return self.not_applicable.iter().cloned().collect();
        }
        let labels = self.labels();
        let label = |place: i64| labels.get(usize::try_from(place - 1).ok()?).cloned();
        buckets(value).into_iter().filter_map(label).collect()
    }

    fn place(&self, chosen: &str) -> Option<i64> {
        let place: usize = chosen.parse().ok()?;
        let offered = (1..=self.labels().len()).contains(&place);
        i64::try_from(place).ok().filter(|_| offered)
    }

    /// What to ask for in words after this answer; `None` for a neutral question.
    pub fn comment_after(&self, value: i64) -> Option<&str> {
        let comment = self.comment.as_ref()?;
        let up_to = match comment.up_to {
            None => return Some(&comment.text),
            Some(number) if self.kind == Kind::Nps => number + 1,
            Some(place) => place,
        };
        (1..=up_to).contains(&value).then_some(&comment.text)
    }

    /// What is wrong with it: (key, what, fix).
    pub(super) fn problems(&self) -> Vec<(&'static str, String, &'static str)> {
        let mut problems = Vec::new();
        if self.text.trim().is_empty() {
            problems.push(("text", "there is no question".into(), "ask something"));
        }
        problems.extend(self.misfits());
        let labels: Vec<&String> = self.choices.iter().chain(&self.not_applicable).collect();
        for (place, label) in labels.iter().enumerate() {
            let key = if place < self.choices.len() { "choices" } else { "not_applicable" };
            if label.trim().is_empty() || label.chars().count() > 40 {
                let what = format!("`{label}` is empty or longer than 40 characters");
                problems.push((key, what, "it has to fit a button"));
            }
            if labels[..place].contains(label) {
                problems.push((key, format!("`{label}` stands twice"), "give each its own words"));
            }
        }
        problems.extend(self.comment.iter().flat_map(|comment| self.comment_problems(comment)));
        problems
    }

    /// A number of choices that the kind does not have.
    fn misfits(&self) -> Option<(&'static str, String, &'static str)> {
        let (fits, fix) = self.kind.choices();
        let (found, kind) = (self.choices.len(), self.kind.word());
        if fits.contains(&found) {
            return None;
        }
        let wanted = match (*fits.start(), *fits.end()) {
            (0, _) => "no".to_owned(),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        let key = if found == 0 { "kind" } else { "choices" };
        Some((key, format!("a {kind} question has {wanted} choices, not {found}"), fix))
    }

    fn comment_problems(&self, comment: &Comment) -> Vec<(&'static str, String, &'static str)> {
        let mut problems = Vec::new();
        if self.kind == Kind::Text {
            let what = "a text question has its words already".into();
            problems.push(("[question.comment]", what, "leave the comment out"));
        }
        if comment.text.trim().is_empty() {
            let what = "the comment's question is empty".into();
            problems.push(("[question.comment]", what, "ask something, or leave the comment out"));
        }
        let places = i64::try_from(self.labels().len()).unwrap_or_default();
        let fits = |place: &i64| match self.kind {
            Kind::Nps => (0..=10).contains(place),
            Kind::Multiple => false,
            _ => (1..=places).contains(place),
        };
        if comment.up_to.as_ref().is_some_and(|place| !fits(place)) {
            let what = "`up_to` is none of the choices".into();
            let fix = "a place from 1, of nps a number; leave it out to ask after any answer";
            problems.push(("up_to", what, fix));
        }
        problems
    }
}

/// The buckets that an answer counts in.
pub fn buckets(value: i64) -> Vec<i64> {
    match value {
        0 => vec![0],
        1.. => vec![value, PLACED],
        mask => {
            let places = (1..=63).filter(|place| mask.unsigned_abs() >> (place - 1) & 1 == 1);
            places.chain([PLACED]).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(toml: &str) -> Question {
        toml::from_str(toml).unwrap()
    }

    fn problems(toml: &str) -> Vec<String> {
        let found = question(toml).problems().into_iter();
        found.map(|(key, what, _)| format!("{key}: {what}")).collect()
    }

    const SEVEN: &str = "choices = ['1', '2', '3', '4', '5', '6', '7']";

    #[test]
    fn each_kind_has_its_number_of_choices() {
        for (kind, choices, says) in [
            ("csat", SEVEN, "choices: a csat question has 5 choices, not 7"),
            ("ces", "choices = ['a']", "choices: a ces question has 7 choices, not 1"),
            ("nps", SEVEN, "choices: a nps question has 2 choices, not 7"),
            ("likert", "choices = ['a']", "choices: a likert question has 2 to 7 choices, not 1"),
            ("single", "", "kind: a single question has 2 to 10 choices, not 0"),
            ("text", SEVEN, "choices: a text question has no choices, not 7"),
        ] {
            let toml = format!("text = 'x'\nkind = '{kind}'\n{choices}\n");
            assert_eq!(problems(&toml), [says]);
        }
        assert!(problems(&format!("text = 'x'\nkind = 'ces'\n{SEVEN}\nnot_applicable = 'n/a'")).is_empty());
    }

    #[test]
    fn labels_and_comments_that_do_not_fit_are_named() {
        let toml = "text = ' '\nkind = 'likert'\nchoices = ['No', 'Yes', 'No', '']\nnot_applicable = 'Yes'\n\
                    [comment]\nup_to = 5\ntext = ''\n";
        assert_eq!(
            problems(toml),
            [
                "text: there is no question",
                "choices: `No` stands twice",
                "choices: `` is empty or longer than 40 characters",
                "not_applicable: `Yes` stands twice",
                "[question.comment]: the comment's question is empty",
                "up_to: `up_to` is none of the choices",
            ]
        );
        let toml = "text = 'x'\nkind = 'text'\n[comment]\ntext = 'y'\n";
        assert_eq!(problems(toml), ["[question.comment]: a text question has its words already"]);
    }

    #[test]
    fn a_value_is_a_place_or_nothing_of_the_sort_or_the_mask_of_several() {
        let nps = question("kind = 'nps'\ntext = 'x'\nchoices = ['no', 'yes']\nnot_applicable = 'n/a'\n");
        assert_eq!(
            ["0", "1", "11", "12", "-1", ""].map(|chosen| nps.value(chosen)),
            [Some(0), Some(1), Some(11), None, None, None]
        );
        let several = question("kind = 'multiple'\ntext = 'x'\nchoices = ['a', 'b', 'c']\n");
        let value = |chosen| several.value(chosen);
        assert_eq!((several.chosen(-5), nps.chosen(11)), (vec!["a".into(), "c".into()], vec!["10".into()]));
        assert_eq!((value(r#"["1","3"]"#), value(r#"["2","2"]"#)), (Some(-5), Some(-2)));
        assert_eq!([value("[]"), value(r#"["4"]"#), value("1"), value("0")], [None; 4]);
    }

    #[test]
    fn an_answer_counts_for_each_of_its_places_and_once_among_all() {
        assert_eq!(buckets(3), [3, PLACED]);
        assert_eq!(buckets(0), [0]);
        assert_eq!(buckets(-5), [1, 3, PLACED]);
        assert_eq!(buckets(-512), [10, PLACED]);
    }

    #[test]
    fn the_words_asked_for_follow_the_answer() {
        let toml = "kind = 'nps'\ntext = 'x'\nchoices = ['no', 'yes']\n[comment]\nup_to = 6\ntext = 'Why?'\n";
        let nps = question(toml);
        assert_eq!(
            [0, 1, 7, 8].map(|value| nps.comment_after(value)),
            [None, Some("Why?"), Some("Why?"), None]
        );
        let always = question(&toml.replace("up_to = 6", ""));
        assert_eq!(always.comment_after(0), Some("Why?"));
    }
}
