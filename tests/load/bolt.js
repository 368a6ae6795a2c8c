// The same two requests answered by Bolt for JavaScript: a command that stores nothing, and an
// answer that becomes one row of SQLite (WAL, synchronous FULL, like ours).
//
//   PORT=… DATABASE=… SLACK_SIGNING_SECRET=… node tests/load/bolt.js
"use strict";

const Database = require("better-sqlite3");
const { App, HTTPReceiver, LogLevel } = require("@slack/bolt");

const { PORT, DATABASE, SLACK_SIGNING_SECRET } = process.env;
const database = new Database(DATABASE);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE answer (delivery TEXT PRIMARY KEY, person TEXT, value TEXT)");
const insert = database.prepare("INSERT OR REPLACE INTO answer VALUES (?, ?, ?)");

const receiver = new HTTPReceiver({ signingSecret: SLACK_SIGNING_SECRET, logLevel: LogLevel.ERROR });
const authorize = async () => ({ botToken: "xoxb-load", botId: "B1", botUserId: "UBOT" });
const app = new App({ receiver, authorize, logLevel: LogLevel.ERROR });

app.command("/platform", ({ ack }) => ack({ response_type: "ephemeral", text: "You have 1 environment." }));
app.action(/.*/, async ({ ack, body, action }) => {
  insert.run(body.trigger_id, body.user.id, action.value);
  await ack();
});

app.start({ port: Number(PORT), host: "127.0.0.1" }).then(() => console.log("ready"));
