//! `/platform env …`: from arguments to verbs to replies.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Environments, Request, wording};
use crate::catalog::{self, model::Template};
use crate::chat::Target;
use crate::chat::form::{Field, Form};
use crate::chat::inbound::Input;
use crate::chat::message::Reply;
use crate::chat::outbox::Address;
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Environments>) -> Handlers {
    Handlers::from([
        ("env.create", handler(slice, create)),
        ("env.list", handler(slice, list)),
        ("env.show", handler(slice, show)),
        ("env.extend", handler(slice, extend)),
        ("env.destroy", handler(slice, destroy)),
    ])
}

async fn create(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let Some(template) = call.args.text("template") else {
        return Ok(Reply::Form { form: call.form().await? });
    };
    let unknown = || catalog::unknown(&slice.catalog, template);
    let template = slice.catalog.get(template).ok_or_else(unknown)?.clone();
    let Some(name) = call.args.text("name").map(str::to_owned) else {
        return Ok(Reply::Form { form: form(&call, &template, None).await? });
    };
    let typed = !matches!(call.invocation.input, Input::Submit { .. });
    let parameters = match template.values(&call.args.extra, &name) {
        Ok(parameters) => parameters,
        // What was typed and lacks a value is asked for; what is wrong is said.
        Err(wrong) if typed && wrong.iter().all(|(field, _)| lacks(&call.args.extra, field)) => {
            return Ok(Reply::Form { form: form(&call, &template, Some(&name)).await? });
        }
        Err(wrong) if !typed || asked_already(&call) => return Err(prefixed(wrong)),
        Err(wrong) => return Err(Error::Fields(wrong)),
    };
    let ttl = call.args.duration("ttl");
    let request =
        Request { owner: call.actor.clone(), template, name, parameters, ttl, address: address(&call) };
    if call.args.flag("dry-run") {
        let now = slice.db.now();
        let env = request.environment(String::new(), now)?;
        return Ok(Reply::private(wording::dry_run(&env, &request.template.plan(), now)));
    }
    let direct = call.invocation.place.direct;
    call.commit(&slice.db, (request, direct), |tx, (request, direct)| {
        Box::pin(async move {
            let env = super::request(tx, request).await?;
            Ok(Reply::private(wording::asked(&env, *direct)))
        })
    })
    .await
}

fn lacks(given: &BTreeMap<String, String>, field: &str) -> bool {
    !given.contains_key(field)
}

/// A first form asked for template and name only; its submission leads to the second, with the parameters.
fn asked_already(call: &Call) -> bool {
    matches!(&call.invocation.input, Input::Submit { fixed, .. } if fixed.iter().any(|(name, _)| name == "template"))
}

/// Names of parameters as the form's fields are called.
fn prefixed(wrong: Vec<(String, String)>) -> Error {
    Error::Fields(wrong.into_iter().map(|(field, why)| (format!("p.{field}"), why)).collect())
}

/// The form of a create from `template`: name, ttl, then the template's own parameters.
async fn form(call: &Call, template: &Template, name: Option<&str>) -> Result<Form> {
    let mut fields = Vec::new();
    for argument in call.spec.arguments.iter().chain(&call.spec.options) {
        if matches!(argument.name.as_str(), "name" | "ttl") {
            fields.push(call.field(argument).await?);
        }
    }
    for field in template.fields() {
        // The environment's name is asked already, and the template's takes it.
        if field.name == "name" {
            continue;
        }
        let value = call.args.extra.get(&field.name).cloned().or(field.value.clone());
        fields.push(Field { name: format!("p.{}", field.name), value, ..field });
    }
    if let (Some(first), Some(name)) = (fields.first_mut(), name) {
        first.value = Some(name.to_owned());
    }
    Ok(Form {
        command: call.spec.key.clone(),
        title: template.title.chars().take(24).collect(),
        submit: "Create".into(),
        intro: Some(template.description.trim().to_owned()),
        fields,
        fixed: vec![("template".into(), template.name.clone())],
    })
}

/// The message that follows goes where the command was typed; where the bot is not a member, to the person.
fn address(call: &Call) -> Address {
    let identity = &call.invocation.identity;
    let direct = Target::Direct { user: identity.user.clone() };
    let place = &call.invocation.place;
    let (target, fallback) = if place.direct || place.conversation.is_empty() {
        (direct, None)
    } else {
        (Target::Channel { id: place.conversation.clone() }, Some(direct))
    };
    Address { platform: identity.platform.clone(), workspace: identity.workspace.clone(), target, fallback }
}

async fn list(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let all = call.args.flag("all");
    let mut conn = slice.db.read().await?;
    let found = super::live(&mut conn, (!all).then_some(call.actor.person.as_str())).await?;
    Ok(Reply::private(wording::list(&found, all, slice.db.now())))
}

async fn show(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let mut conn = slice.db.read().await?;
    let env = super::find(&mut conn, call.args.text("name").unwrap_or_default()).await?;
    let loaded = super::load(&mut conn, &env.id).await?;
    let (env, run, resources) = loaded.ok_or_else(|| Error::internal("it was there a moment ago"))?;
    let usual = super::usual(&mut conn, &env.template).await?;
    let owner =
        crate::people::by_id(&mut conn, &env.owner).await?.map(|person| person.name).unwrap_or_default();
    let may_change = super::may_change(&call.actor, &env);
    let view =
        wording::View { env: &env, run: run.as_ref(), resources: &resources, usual, now: slice.db.now() };
    Ok(Reply::private(wording::show(&view, &owner, may_change)))
}

async fn extend(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let name = call.args.text("name").unwrap_or_default().to_owned();
    let by = call.args.duration("by").ok_or_else(|| Error::internal("the spec requires `by`"))?;
    call.commit(&slice.db, (call.actor.clone(), name, by), |tx, (actor, name, by)| {
        Box::pin(async move {
            let env = super::extend(tx, actor, name, *by).await?;
            Ok(Reply::private(wording::extended(&env, tx.now())))
        })
    })
    .await
}

async fn destroy(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let name = call.args.text("name").unwrap_or_default().to_owned();
    // A press is answered by the message it was on.
    let pressed = matches!(call.invocation.input, Input::Press { .. });
    call.commit(&slice.db, (call.actor.clone(), name, pressed), |tx, (actor, name, pressed)| {
        Box::pin(async move {
            let env = super::destroy(tx, actor, name).await?;
            Ok(if *pressed { Reply::Silent } else { Reply::private(wording::going(&env)) })
        })
    })
    .await
}
