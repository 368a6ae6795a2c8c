//! Pictures and files given to Slack, in its three steps, shared with nobody: a message shows them.
//!
//! A refusal of any kind is its picture's alone: the message goes without, so nothing here holds
//! back what comes after it.

use serde_json::{Value, json};
use slack_morphism::prelude::*;

use super::client::{Client, bounded, without_token};
use super::errors::{Decision, Failure};
use super::limits;
use super::text::web_url;
use crate::chat::SendError;
use crate::chat::attachment::{PNG, Upload};
use crate::chat::words::{cut, filled};

const BEGIN: &str = "files.getUploadURLExternal";
const COMPLETE: &str = "files.completeUploadExternal";

impl Client {
    /// Gives Slack a picture, whose id comes back, or a file of text, whose address there does.
    pub async fn upload(&self, upload: &Upload) -> Result<String, SendError> {
        let bytes = upload.blob.bytes().filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(|| SendError::Never("an empty file".into()))?;
        let begun = self.begin_upload(upload, bytes.len()).await?;
        let (url, id) = (begun["upload_url"].as_str(), begun["file_id"].as_str());
        let url = url.and_then(|url| self.slacks(url));
        let (Some(url), Some(id)) = (url, id) else {
            return Err(SendError::Never("the address for uploads is none of Slack's".into()));
        };
        let span = tracing::Span::none();
        let connector = &self.slack.http_api.connector;
        let media = upload.media.to_owned();
        let call = connector.http_post_uri_binary::<Value>(url, media, &bytes, without_token(&span));
        bounded(self.patience, call).await.map_err(|failure| self.refused(BEGIN, failure))?;
        let files = json!([{ "id": id, "title": cut(filled(&upload.name), limits::FILE_TITLE) }]);
        let whole = self.ask(COMPLETE, &json!({ "files": files }), self.patience).await;
        let whole = whole.map_err(|failure| self.refused(COMPLETE, failure))?;
        if upload.media == PNG {
            return Ok(id.to_owned());
        }
        let address = whole["files"][0]["permalink"].as_str().and_then(web_url);
        address.map(String::from).ok_or_else(|| SendError::Never(format!("{COMPLETE} named no address")))
    }

    /// Asks for an address to put so many bytes at. Of its arguments Slack reads a form everywhere.
    async fn begin_upload(&self, upload: &Upload, length: usize) -> Result<Value, SendError> {
        let (name, length) = (filled(&upload.name).to_owned(), length.to_string());
        let alt = (upload.media == PNG).then(|| cut(filled(&upload.alt), limits::FILE_ALT_TEXT));
        let arguments = vec![("filename", Some(&name)), ("length", Some(&length)), ("alt_txt", alt.as_ref())];
        let session = self.slack.open_session(&self.token);
        let call = session.http_session_api.http_get::<Value, _, _>(BEGIN, &arguments, None);
        bounded(self.patience, call).await.map_err(|failure| self.refused(BEGIN, failure))
    }

    /// What is over soon is waited for; everything else refuses this file and no more.
    fn refused(&self, method: &str, failure: Failure) -> SendError {
        match failure.decision() {
            Decision::Scope | Decision::NotThere | Decision::Gone | Decision::Content => {
                SendError::Never(failure.reason())
            }
            Decision::Later | Decision::Unclear | Decision::Busy | Decision::Token => {
                self.judge(method, failure)
            }
        }
    }
}
