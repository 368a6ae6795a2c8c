//! `/platform env …`: from arguments to verbs to replies.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::repair::{self, Verdict};
use super::{Environments, Request, deadlines, model, notice, warnings, wording};
use crate::access::Actor;
use crate::catalog::{self, model::Template};
use crate::chat::form::{Field, Form};
use crate::chat::inbound::Input;
use crate::chat::message::{Message, Reply};
use crate::chat::outbox::Address;
use crate::clock::Timestamp;
use crate::commands::{Call, Handlers, handler};
use crate::error::{Error, Result};
use crate::moment::Lasting;

/// The handlers of the slice.
pub fn handlers(slice: &Arc<Environments>) -> Handlers {
    Handlers::from([
        ("env.create", handler(slice, create)),
        ("env.list", handler(slice, list)),
        ("env.show", handler(slice, show)),
        ("env.extend", handler(slice, extend)),
        ("env.keep", handler(slice, keep)),
        ("env.destroy", handler(slice, destroy)),
        ("home", handler(slice, home)),
        ("env.retry", handler(slice, retry)),
        ("env.undo", handler(slice, undo)),
        ("env.cancel", handler(slice, cancel)),
        ("env.abandon", handler(slice, abandon)),
    ])
}

async fn create(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let Some(template) = call.args.text("template") else {
        return Ok(Reply::Form { form: which_template(&call).await? });
    };
    let catalog = slice.catalog.fresh().await;
    let unknown = || catalog::unknown(&catalog, template);
    let template = catalog.get(template).ok_or_else(unknown)?.clone();
    let Some((name, parameters)) = values(&call, &template)? else {
        return Ok(Reply::Form { form: form(&call, &template).await? });
    };
    let ttl = call.args.lasting("ttl");
    let request =
        Request { owner: call.actor.clone(), template, name, parameters, ttl, address: address(&call) };
    if call.args.flag("dry-run") {
        let now = slice.db.now();
        let env = request.environment(String::new(), now)?;
        return Ok(Reply::private(wording::dry_run(&env, &request.template.plan(), now)));
    }
    call.commit(&slice.db, request, |tx, request| {
        Box::pin(async move {
            let env = super::request(tx, request).await?;
            let asked = wording::asked(&env);
            Ok(Reply::private(match request.ttl {
                Some(Lasting::Until(_)) => wording::taken(asked, &env, tx.now(), &request.owner),
                _ => asked,
            }))
        })
    })
    .await
}

/// Where the request comes from.
enum Asked {
    /// A line or a button.
    Once,
    /// The form that asks for the template alone.
    Template,
    /// The form of the template.
    Whole,
}

fn asked(call: &Call) -> Asked {
    match &call.invocation.input {
        Input::Submit { fixed, .. } if fixed.iter().any(|(name, _)| name == "template") => Asked::Whole,
        Input::Submit { .. } => Asked::Template,
        Input::Line { .. } | Input::Press { .. } => Asked::Once,
    }
}

/// The name and the parameters; `None` when the template's form has to ask.
///
/// # Errors
/// What was given and does not fit, by the fields of the form where it was given in one.
fn values(call: &Call, template: &Template) -> Result<Option<(String, Map<String, Value>)>> {
    let (asked, given) = (asked(call), &call.args.extra);
    let name = match (&asked, call.args.text("name")) {
        (Asked::Template, _) | (Asked::Once, None) => return Ok(None),
        (Asked::Whole, None) => {
            return Err(Error::Fields(vec![("name".into(), "An environment needs a name.".into())]));
        }
        (_, Some(name)) => name.to_owned(),
    };
    match (template.values(given, &name), asked) {
        (Ok(parameters), _) => Ok(Some((name, parameters))),
        // What a line leaves out is asked for; what it says wrongly is said.
        (Err(wrong), Asked::Once) if wrong.iter().all(|(field, _)| !given.contains_key(field)) => Ok(None),
        (Err(wrong), Asked::Once) => Err(Error::Fields(wrong)),
        (Err(wrong), _) => {
            Err(Error::Fields(wrong.into_iter().map(|(field, why)| (field_of(&field), why)).collect()))
        }
    }
}

/// The form's field of a parameter: the environment's name is the template's.
fn field_of(parameter: &str) -> String {
    if parameter == "name" { parameter.to_owned() } else { format!("p.{parameter}") }
}

/// The form that asks for the template alone; what else was given is kept for the next one.
async fn which_template(call: &Call) -> Result<Form> {
    let mut form = call.form().await?;
    let given = form.fields.iter().filter(|field| field.name != "template");
    form.fixed.extend(given.filter_map(|field| Some((field.name.clone(), field.value.clone()?))));
    form.fixed.extend(call.args.extra.iter().map(|(name, value)| (field_of(name), value.clone())));
    form.fields.retain(|field| field.name == "template");
    form.submit = "Next".into();
    Ok(form)
}

/// The form of a create from `template`: name, ttl, then the template's own parameters.
async fn form(call: &Call, template: &Template) -> Result<Form> {
    let mut fields = Vec::new();
    for argument in call.spec.arguments.iter().chain(&call.spec.options) {
        if matches!(argument.name.as_str(), "name" | "ttl") {
            fields.push(call.field(argument).await?);
        }
    }
    for field in template.fields().into_iter().filter(|field| field.name != "name") {
        let value = call.args.extra.get(&field.name).cloned().or(field.value.clone());
        fields.push(Field { name: field_of(&field.name), value, ..field });
    }
    let mut fixed = vec![("template".into(), template.name.clone())];
    fixed.extend(call.args.typed("dry-run").map(|flag| ("dry-run".into(), flag)));
    Ok(Form {
        command: call.spec.key.clone(),
        title: template.title.chars().take(24).collect(),
        submit: "Create".into(),
        intro: Some(template.description.trim().to_owned()),
        fields,
        fixed,
        typed: None,
        private: false,
    })
}

/// The message that follows goes where the command was typed; where the bot is not a member, to the person.
fn address(call: &Call) -> Address {
    let identity = &call.invocation.identity;
    Address::of(identity, call.invocation.place.openly(&identity.user))
}

async fn list(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let all = call.args.flag("all");
    let mut conn = slice.db.read().await?;
    let found = super::live(&mut conn, (!all).then_some(call.actor.person.as_str())).await?;
    Ok(Reply::private(wording::list(&found, all, slice.db.now())))
}

async fn home(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let mut conn = slice.db.read().await?;
    let catalog = slice.catalog.fresh().await;
    let page = super::home::page(&mut conn, &catalog, &call.actor.person, slice.db.now());
    Ok(Reply::private(page.await?))
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
    let said = warnings::said(&mut conn, &env).await?;
    let standing = notice::standing(slice.db.now(), env.term(), &said);
    let view =
        wording::View { env: &env, run: run.as_ref(), resources: &resources, usual, now: slice.db.now() };
    Ok(Reply::private(wording::show(&view, &owner, standing, may_change)))
}

async fn extend(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let name = call.args.text("name").unwrap_or_default().to_owned();
    let by = call.args.lasting("by").ok_or_else(|| Error::internal("the spec requires `by`"))?;
    call.commit(&slice.db, (call.actor.clone(), name, by), |tx, (actor, name, by)| {
        Box::pin(async move {
            let env = deadlines::extend(tx, actor, name, *by).await?;
            Ok(Reply::private(wording::extended(&env, tx.now(), actor)))
        })
    })
    .await
}

/// Until the end that was pressed or chosen; without one, its form asks.
async fn keep(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let id = call.args.text("name").unwrap_or_default().to_owned();
    let Some(until) = call.args.text("until") else {
        let mut conn = slice.db.read().await?;
        let env = super::find(&mut conn, &id).await?;
        super::demand(&mut conn, &call.actor, &env, "extend").await?;
        let now = slice.db.now();
        let form =
            wording::warning::keep_form(&env, now, &call.actor).ok_or_else(|| model::beyond(&env, now))?;
        return Ok(Reply::Form { form });
    };
    let unknown = |_| Error::Invalid("This is none of the ends offered. Choose one of them.".into());
    let until = Timestamp(until.parse().map_err(unknown)?);
    call.commit(&slice.db, (call.actor.clone(), id, until), |tx, (actor, id, until)| {
        Box::pin(async move {
            let env = deadlines::keep(tx, actor, id, *until).await?;
            Ok(Reply::private(wording::extended(&env, tx.now(), actor)))
        })
    })
    .await
}

async fn destroy(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, Asker::of(&call), |tx, by| {
        Box::pin(async move {
            let env = super::destroy(tx, &by.actor, &by.name).await?;
            Ok(by.answer(wording::going(&env)))
        })
    })
    .await
}

async fn retry(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    let verdict = call.args.text("outcome").map(|said| match said {
        "done" => Verdict::Done,
        _ => Verdict::Again,
    });
    call.commit(&slice.db, (Asker::of(&call), slice.catalog.now(), verdict), |tx, (by, catalog, verdict)| {
        Box::pin(async move {
            let env = repair::retry(tx, &by.actor, catalog, &by.name, *verdict).await?;
            Ok(by.answer(wording::retried(&env)))
        })
    })
    .await
}

async fn undo(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, Asker::of(&call), |tx, by| {
        Box::pin(async move {
            let env = repair::undo(tx, &by.actor, &by.name).await?;
            Ok(by.answer(wording::undoing(&env)))
        })
    })
    .await
}

async fn cancel(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, Asker::of(&call), |tx, by| {
        Box::pin(async move {
            let env = repair::cancel(tx, &by.actor, &by.name).await?;
            Ok(by.answer(wording::cancelled(&env)))
        })
    })
    .await
}

async fn abandon(slice: Arc<Environments>, call: Call) -> Result<Reply> {
    call.commit(&slice.db, Asker::of(&call), |tx, by| {
        Box::pin(async move {
            let (env, what) = repair::abandon(tx, &by.actor, &by.name).await?;
            Ok(by.answer(wording::abandoned(&env, &what)))
        })
    })
    .await
}

/// Who asks for what to be done with which environment.
struct Asker {
    actor: Actor,
    name: String,
    pressed: bool,
}

impl Asker {
    fn of(call: &Call) -> Self {
        Asker {
            actor: call.actor.clone(),
            name: call.args.text("name").unwrap_or_default().to_owned(),
            pressed: matches!(call.invocation.input, Input::Press { .. }),
        }
    }

    /// A press is answered by the message it was on.
    fn answer(&self, message: Message) -> Reply {
        if self.pressed { Reply::Silent } else { Reply::private(message) }
    }
}
