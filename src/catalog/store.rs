//! All SQL of the catalog: the files of each version that an environment was made from.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::Row;

use super::model::{Files, TemplateFile};
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};

/// Files as JSON: path → [executable, base 64].
fn encode(files: &Files) -> String {
    let entry = |(path, file): (&String, &TemplateFile)| {
        (path.clone(), json!([file.executable, data_encoding::BASE64.encode(&file.bytes)]))
    };
    Value::Object(files.iter().map(entry).collect()).to_string()
}

fn decode(text: &str) -> Result<Files> {
    let entries: BTreeMap<String, (bool, String)> = serde_json::from_str(text)?;
    let file = |(path, (executable, base64)): (String, (bool, String))| {
        let bytes = data_encoding::BASE64.decode(base64.as_bytes()).map_err(Error::internal)?;
        Ok((path, TemplateFile { bytes, executable }))
    };
    entries.into_iter().map(file).collect()
}

pub(super) async fn keep(tx: &mut Tx, template: &str, version: &str, files: &Files) -> Result<()> {
    let sql = "INSERT INTO template_version (template, version, files) VALUES ($1, $2, $3)
               ON CONFLICT (template, version) DO NOTHING";
    sqlx::query(sql).bind(template).bind(version).bind(encode(files)).execute(tx.conn()).await?;
    Ok(())
}

pub(super) async fn files(conn: &mut Conn, template: &str, version: &str) -> Result<Option<Files>> {
    let sql = "SELECT files FROM template_version WHERE template = $1 AND version = $2";
    let row = sqlx::query(sql).bind(template).bind(version).fetch_optional(conn).await?;
    row.map(|row| decode(row.try_get("files")?)).transpose()
}
