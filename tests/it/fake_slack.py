"""Slack's own Python client, unchanged, against the fake Slack: good calls and bad ones.

Reads what the fake offers as JSON from the standard input; ends with an error at the first
thing that is not as at Slack.
"""

import json
import sys

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient

GIVEN = json.load(sys.stdin)
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Ready*"}}]
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Create"},
    "blocks": BLOCKS,
}


def client(token=GIVEN["token"], url=GIVEN["url"], handlers=None):
    return WebClient(token=token, base_url=url + "/", retry_handlers=handlers or [])


def refused(error, call, **arguments):
    """The answer to a call that has to end with this error."""
    try:
        call(**arguments)
    except SlackApiError as refusal:
        assert refusal.response["error"] == error, (error, refusal.response.data)
        return refusal.response
    raise AssertionError(f"nobody refused with {error}")


def tokens():
    assert client().auth_test()["team_id"] == "T1"
    assert client(token=None).api_test(foo="bar")["args"]["foo"] == "bar"
    refused("not_authed", client(token=None).auth_test)
    refused("invalid_auth", client(token="xoxb-other").auth_test)
    for error in ("token_revoked", "account_inactive"):
        refused(error, client(token=f"xoxb-{error}").chat_postMessage, channel="C1", text="x")
    # As a part of the form, which `auth.test` of this client sends.
    assert client(token=None).api_call("auth.test", params={"token": GIVEN["token"]})["ok"]
    poor = refused("missing_scope", client(token="xoxb-poor").chat_postMessage, channel="C1", text="x")
    assert (poor["needed"], poor["provided"]) == ("chat:write", "users:read")
    assert poor.headers["x-oauth-scopes"] == "users:read"
    assert poor.headers["x-accepted-oauth-scopes"] == "chat:write"


def messages():
    slack = client()
    posted = slack.chat_postMessage(channel="C1", text="hello", blocks=BLOCKS)
    assert posted["message"]["blocks"] == BLOCKS and posted["message"]["ts"] == posted["ts"]
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    reply = slack.chat_postMessage(channel="C1", text="in the thread", thread_ts=posted["ts"])
    assert reply["message"]["thread_ts"] == posted["ts"]
    assert slack.chat_update(**place, text="changed")["text"] == "changed"
    assert slack.chat_postEphemeral(channel="C1", user="UADA", text="for you")["message_ts"]
    assert slack.chat_postMessage(channel="UADA", text="hello")["channel"] == "DUADA"
    assert slack.chat_delete(**place)["ts"] == posted["ts"]
    refused("message_not_found", slack.chat_update, **place, text="gone")
    refused("message_not_found", slack.chat_delete, **place)
    # As a form, with the blocks as text inside it.
    form = {"channel": "C1", "text": "form", "blocks": json.dumps(BLOCKS)}
    assert slack.api_call("chat.postMessage", params=form)["message"]["blocks"] == BLOCKS


def bad_messages():
    slack = client()
    for channel, error in (("C2", "not_in_channel"), ("C3", "is_archived"), ("C9", "channel_not_found")):
        refused(error, slack.chat_postMessage, channel=channel, text="x")
    refused("user_not_in_channel", slack.chat_postEphemeral, channel="C1", user="UNOBODY", text="x")
    refused("no_text", slack.chat_postMessage, channel="C1")
    refused("msg_too_long", slack.chat_postMessage, channel="C1", text="x" * 4001)
    refused("invalid_blocks", slack.chat_postMessage, channel="C1", text="x", blocks=BLOCKS * 51)
    refused("invalid_blocks_format", slack.chat_postMessage, channel="C1", text="x", blocks="[{")
    refused("invalid_arguments", slack.api_call, api_method="chat.postMessage", json={"text": "x"})
    refused("unknown_method", slack.api_call, api_method="chat.shout")


def views():
    slack, triggers = client(), iter(GIVEN["triggers"])
    fresh = next(triggers)
    view = slack.views_open(trigger_id=fresh, view=MODAL)["view"]
    refused("exchanged_trigger_id", slack.views_open, trigger_id=fresh, view=MODAL)
    refused("expired_trigger_id", slack.views_open, trigger_id=GIVEN["expired"], view=MODAL)
    refused("invalid_trigger_id", slack.views_open, trigger_id="1.2", view=MODAL)
    changed = slack.views_update(view_id=view["id"], hash=view["hash"], view=MODAL)["view"]
    assert changed["id"] == view["id"] and changed["hash"] != view["hash"]
    refused("hash_conflict", slack.views_update, view_id=view["id"], hash=view["hash"], view=MODAL)
    refused("not_found", slack.views_update, view_id="V9", view=MODAL)
    slack.views_push(trigger_id=next(triggers), view=MODAL)
    slack.views_push(trigger_id=next(triggers), view=MODAL)
    refused("push_limit_reached", slack.views_push, trigger_id=next(triggers), view=MODAL)
    long = {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}}
    why = refused("invalid_arguments", slack.views_open, trigger_id=next(triggers), view=long)
    assert why["response_metadata"]["messages"]
    home = {"type": "home", "blocks": BLOCKS}
    first = slack.views_publish(user_id="UADA", view=home)["view"]
    slack.views_publish(user_id="UADA", hash=first["hash"], view=home)
    refused("hash_conflict", slack.views_publish, user_id="UADA", hash=first["hash"], view=home)
    refused("invalid_arguments", slack.views_publish, user_id="UADA", view=MODAL)


def files():
    slack, png = client(), b"\x89PNG\r\n\x1a\n" + b"0" * 100
    whole = slack.files_upload_v2(filename="a.png", content=png, alt_txt="One")
    picture = {"type": "image", "slack_file": {"id": whole["files"][0]["id"]}, "alt_text": "One"}
    assert slack.chat_postMessage(channel="C1", text="x", blocks=[picture])["ok"]
    unknown = {**picture, "slack_file": {"id": "F999999999"}}
    refused("invalid_blocks", slack.chat_postMessage, channel="C1", text="x", blocks=[unknown])
    refused("invalid_blocks", slack.chat_postEphemeral, channel="C1", user="UADA", text="x", blocks=[picture])
    refused("file_not_found", slack.files_completeUploadExternal, files=[{"id": "F999999999"}])
    refused("file_upload_size_restricted", slack.files_getUploadURLExternal, filename="a", length=2_000_000)
    text = slack.files_upload_v2(filename="a.csv", content="a,b\n")["files"][0]
    assert text["permalink"].startswith("https://")
    poor = client(token="xoxb-poor")
    refused("missing_scope", poor.files_getUploadURLExternal, filename="a", length=1)


def people_and_channels():
    slack = client()
    assert slack.users_info(user="UADA")["user"]["tz"] == "Europe/London"
    refused("user_not_found", slack.users_info, user="UNOBODY")
    pages = [len(page["members"]) for page in slack.users_list(limit=3)]
    assert pages == [3, 3, 2], pages
    refused("invalid_cursor", slack.users_list, cursor="nowhere")
    assert [len(page["channels"]) for page in slack.conversations_list(limit=2)] == [2, 1]
    assert slack.conversations_info(channel="C3")["channel"]["is_archived"]
    refused("channel_not_found", slack.conversations_info, channel="C9")
    assert slack.conversations_open(users="UADA")["channel"]["id"] == "DUADA"
    refused("user_not_found", slack.conversations_open, users="UNOBODY")
    refused("user_disabled", slack.conversations_open, users="UGONE")


def limits():
    refused("ratelimited", client(url=GIVEN["limited"]).chat_postMessage, channel="C1", text="x")
    patient = client(url=GIVEN["limited"], handlers=[RateLimitErrorRetryHandler(max_retry_count=2)])
    assert patient.chat_postMessage(channel="C1", text="x")["ok"]


def answers():
    for _ in range(5):
        assert WebhookClient(GIVEN["answers"]).send(text="done", response_type="ephemeral").body == "ok"
    used = WebhookClient(GIVEN["answers"]).send(text="once more")
    assert used.status_code == 404 and "used_url" in used.body


for part in (tokens, messages, bad_messages, views, files, people_and_channels, limits, answers):
    part()
    print(part.__name__, "ok")
