"""The same two requests answered by Bolt for Python: a command that stores nothing, and an
answer that becomes one row of SQLite (WAL, synchronous FULL, like ours).

    PORT=… DATABASE=… SLACK_SIGNING_SECRET=… python tests/load/bolt.py
"""
import logging
import os
import re
import sqlite3

import uvloop
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

uvloop.install()
database = sqlite3.connect(os.environ["DATABASE"], isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE answer (delivery TEXT PRIMARY KEY, person TEXT, value TEXT)")


async def authorize(enterprise_id, team_id):
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-load",
                           bot_id="B1", bot_user_id="UBOT")


app = AsyncApp(signing_secret=os.environ["SLACK_SIGNING_SECRET"], authorize=authorize)
logging.disable(logging.WARNING)


@app.command("/platform")
async def command(ack):
    await ack({"response_type": "ephemeral", "text": "You have 1 environment."})


@app.action(re.compile(".*"))
async def action(ack, body, action):
    row = (body["trigger_id"], body["user"]["id"], action["value"])
    database.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?)", row)
    await ack()


print("ready", flush=True)
web.run_app(app.web_app(path="/slack/events"), host="127.0.0.1", port=int(os.environ["PORT"]),
            access_log=None, print=None)
