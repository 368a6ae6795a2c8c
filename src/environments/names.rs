//! Which names are free: of environments, and of the repositories that outlive them.

use serde_json::{Map, Value, json};

use super::model::Environment;
use super::{Request, store};
use crate::access::Actor;
use crate::catalog::model::Step;
use crate::db::Conn;
use crate::drivers::git::GitDriver;
use crate::error::{Error, Result};
use crate::people;
use crate::templating::Renderer;

/// Refuses a request whose name somebody has, with a free one.
///
/// # Errors
/// `Fields` of the name, so that a form shows it there, where it is mended.
pub(super) async fn demand_free(conn: &mut Conn, request: &Request) -> Result<()> {
    let name = &request.name;
    let sentence = if let Some(other) = store::by_live_name(conn, name).await? {
        taken(conn, &other, &request.owner).await?
    } else if makes_repository(request) && is_kept(conn, name).await? {
        let free = free_name(conn, name).await?;
        format!(
            "The repository `{name}.git` of an earlier environment is kept, and this one would need that name for \
             its own. Choose another name: `{free}` is free."
        )
    } else {
        return Ok(());
    };
    Err(Error::Fields(vec![("name".into(), sentence)]))
}

/// Somebody else has the name: whose it is, and a free one.
async fn taken(conn: &mut Conn, other: &Environment, asker: &Actor) -> Result<String> {
    let free = free_name(conn, &other.name).await?;
    let whose = if other.owner == asker.person {
        "It is yours".to_owned()
    } else {
        format!(
            "It is {}'s",
            people::by_id(conn, &other.owner).await?.map_or_else(|| "somebody".into(), |person| person.name)
        )
    };
    Ok(format!(
        "`{}` exists already. {whose} ({}). Choose another name: `{free}` is free.",
        other.name,
        other.state.said()
    ))
}

/// `shop-2`, or the next one that no environment has and no repository.
async fn free_name(conn: &mut Conn, name: &str) -> Result<String> {
    let names = store::live_names(conn).await?;
    for free in (2..).map(|n| format!("{name}-{n}")) {
        if !names.contains(&free) && !is_kept(conn, &free).await? {
            return Ok(free);
        }
    }
    Ok(String::new())
}

/// Whether the create publishes to a repository of our own, which has the environment's name. Where
/// only the outputs of its steps tell, it does not count.
fn makes_repository(request: &Request) -> bool {
    let (renderer, template) = (Renderer::new(), &request.template);
    let (user, environment) = (json!({"name": request.owner.name}), json!({"name": request.name}));
    let context = template.context(&request.parameters, &Map::new(), &user, &environment);
    let is_none = |url: &Value| match renderer.render_value(url, &context) {
        Ok(url) => {
            url.is_none_or(|url| url.is_null() || url.as_str().is_some_and(|url| url.trim().is_empty()))
        }
        Err(_) => false,
    };
    let own = |step: &Step| step.action == "publish:git" && step.input.get("repoUrl").is_none_or(is_none);
    let done = |step: &Step| {
        step.condition.as_ref().is_none_or(|given| renderer.holds(given, &context).unwrap_or(false))
    };
    template.steps.iter().any(|step| own(step) && done(step))
}

/// Whether a repository of our own of this name is kept after its environment.
async fn is_kept(conn: &mut Conn, name: &str) -> Result<bool> {
    let label = format!("{name}.git");
    let all = store::runs::kept_repositories(conn, Some(&label)).await?;
    Ok(all.iter().any(|row| GitDriver::own_name(&row.resource).is_some_and(|own| own == label)))
}
