//! `/platform stats`: reads what was asked for, and which words show it.

use std::sync::Arc;

use super::{DEFAULT_SPAN, Stats, wording};
use crate::chat::message::{Choice, Reply};
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Stats>) -> Handlers {
    Handlers::from([("stats", handler(slice, stats))])
}

/// What `about` can be: environments, all surveys, or one of them.
pub fn subjects(slice: &Stats) -> Vec<Choice> {
    let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
    let each = slice
        .surveys
        .all
        .iter()
        .map(|survey| choice(&survey.key, &format!("{} ({})", survey.title, survey.key)));
    [choice("env", "Environments (env)"), choice("survey", "All surveys (survey)")]
        .into_iter()
        .chain(each)
        .collect()
}

async fn stats(slice: Arc<Stats>, call: Call) -> Result<Reply> {
    let span = call.args.duration("since").unwrap_or(DEFAULT_SPAN);
    let message = match call.args.text("about") {
        None => {
            let overview = slice.overview(span).await?;
            let picture = slice.tracked_picture(&overview).await;
            let message = wording::overview(&overview);
            picture.into_iter().fold(message, |message, picture| message.picture(picture))
        }
        Some("overview") => wording::overview(&slice.overview(span).await?),
        Some("env") => wording::environments(&slice.usage(span).await?, span),
        Some("survey") => wording::surveys(&slice.overview(span).await?),
        Some(key) => {
            let findings = slice.survey(key, span).await?.ok_or_else(|| unknown(&slice, key))?;
            let picture = slice.picture(&findings).await;
            let message = wording::survey(&findings, span);
            picture.into_iter().fold(message, |message, picture| message.picture(picture))
        }
    };
    Ok(Reply::private(message))
}

fn unknown(slice: &Stats, key: &str) -> Error {
    let known: Vec<String> = subjects(slice).into_iter().map(|choice| choice.value).collect();
    let near = known
        .iter()
        .map(|known| (strsim::jaro_winkler(key, known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = match near {
        Some((alike, known)) if alike > 0.8 => format!(" Did you mean `/platform stats {known}`?"),
        _ => String::new(),
    };
    let list: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
    Error::NotFound(format!(
        "There are no stats about `{}`.{meant} There are {}.",
        key.replace('`', "'"),
        list.join(", ")
    ))
}
