"""A Slack for the load: it takes every call, makes an environment at the bot, and writes down the
press that answers the survey which follows, with {ID} where each request differs.

    PORT=… BOT=http://… SLACK_SIGNING_SECRET=… python tests/load/slack.py FILE
"""
import hashlib
import hmac
import http.server
import json
import os
import queue
import sys
import threading
import time
import urllib.parse
import urllib.request

TEAM, USER = "T01TEST", "U01ALICE"
ADDRESS = f"http://127.0.0.1:{os.environ['PORT']}"
values = queue.Queue()


class Slack(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = json.loads(body) if body.startswith(b"{") else {}
        for block in said.get("blocks") or []:
            for element in block.get("elements") or []:
                if str(element.get("value", "")).startswith("survey.answer:"):
                    values.put(element["value"])
        channel = said.get("channel", "C01GEN")
        channel = "D01ALICE" if channel == USER else channel
        answer = {"ok": True, "team_id": TEAM, "user_id": "UBOT", "channel": channel, "ts": f"{time.time():.6f}"}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def sends(members):
    body = urllib.parse.urlencode(members).encode()
    stamp = str(int(time.time()))
    mac = hmac.new(os.environ["SLACK_SIGNING_SECRET"].encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + mac.hexdigest()}
    request = urllib.request.Request(os.environ["BOT"] + "/slack/events", body, headers)
    return urllib.request.urlopen(request, timeout=30).read()


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Slack)
threading.Thread(target=server.serve_forever, daemon=True).start()
for _ in range(100):
    try:
        urllib.request.urlopen(os.environ["BOT"] + "/readyz", timeout=5).read()
        break
    except OSError:
        time.sleep(0.1)
sends({"command": "/platform", "text": "env create preview-site load", "team_id": TEAM, "channel_id": "C01GEN",
       "user_id": USER, "user_name": "alice", "trigger_id": "load"})
press = {
    "type": "block_actions", "team": {"id": TEAM}, "user": {"id": USER, "name": "alice", "team_id": TEAM},
    "channel": {"id": "D01ALICE", "name": "directmessage"},
    "container": {"type": "message", "message_ts": "1.1", "channel_id": "D01ALICE"},
    "trigger_id": "{ID}", "response_url": ADDRESS + "/respond",
    "actions": [{"type": "button", "action_id": "press:1", "block_id": "b", "action_ts": "1.1",
                 "value": values.get(timeout=60)}],
}
# The braces of the mark stay as they are: they are no part of the encoding.
body = "payload=" + urllib.parse.quote(json.dumps(press)).replace("%7BID%7D", "{ID}")
with open(sys.argv[1] + ".new", "w") as file:
    file.write(body)
os.rename(sys.argv[1] + ".new", sys.argv[1])
threading.Event().wait()
