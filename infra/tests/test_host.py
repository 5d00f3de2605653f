"""The example host page: its requests are signed as AWS's own SDK signs them, and only its page gets a session."""

import datetime
import json
import os
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "infra/demo/host"))

import server

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
NOW = datetime.datetime(2026, 5, 4, 10, 0, tzinfo=datetime.UTC)


class Signature(unittest.TestCase):
    def test_it_is_that_of_the_sdk(self):
        url, body = "https://a1.execute-api.eu-west-1.amazonaws.com/operator/sessions", b'{"marketplace_id": "demo"}'
        for session in (None, "a-session-token"):
            with mock.patch.dict(os.environ, KEYS | ({"AWS_SESSION_TOKEN": session} if session else {})):
                ours = server.signed(url, body, "eu-west-1", NOW)
            headers = {name: value for name, value in ours.items() if name in ("content-type", "x-amz-date")}
            request = AWSRequest("POST", url, data=body, headers=headers)
            request.context["timestamp"] = ours["x-amz-date"]
            credentials = Credentials(*KEYS.values(), session)
            auth = SigV4Auth(credentials, "execute-api", "eu-west-1")
            with mock.patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
                auth.add_auth(request)
            self.assertEqual(ours["authorization"], request.headers["Authorization"])


class Api(BaseHTTPRequestHandler):
    """A stand-in for the operator routes, which records the bodies that it receives."""

    bodies: list[dict] = []

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(b'{"session": "ses_1", "token": "t", "expires_at": "2026-05-04T11:00:00Z"}')

    def log_message(self, *_) -> None:
        pass


class Sessions(unittest.TestCase):
    def serve(self, handler: type[BaseHTTPRequestHandler]) -> str:
        served = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.addCleanup(served.server_close)
        self.addCleanup(served.shutdown)
        threading.Thread(target=served.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{served.server_address[1]}"

    def setUp(self):
        self.api = self.serve(Api)
        self.enterContext(mock.patch.dict(os.environ, KEYS))
        platform = server.Platform({"api_url": f"{self.api}/stage", "region": "us-east-1"}, "shop_1", 600)
        quiet = {"platform": platform, "log_message": lambda *_: None}
        self.host = self.serve(type("Handler", (server.Handler,), quiet))

    def post(self, path: str, site: str | None) -> tuple[int, bytes]:
        headers = {"sec-fetch-site": site} if site else {}
        request = urllib.request.Request(f"{self.host}{path}", b"", headers, method="POST")
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def test_its_own_page_gets_a_token_of_a_session_for_the_consoles_origin(self):
        self.assertEqual(self.post("/session", "same-origin"), (200, b'{"token": "t"}'))
        (session,) = Api.bodies
        self.assertEqual((session["marketplace_id"], session["origin"], session["expires_in"]), ("shop_1", self.api, 600))

    def test_no_other_page_gets_one(self):
        for site in ("same-site", "cross-site", "none", None):
            self.assertEqual(self.post("/session", site), (403, b""), site)

    def test_the_page_permits_the_consoles_script_and_frame_only(self):
        with urllib.request.urlopen(f"{self.host}/?view=apps") as response:
            page, policy = response.read().decode(), response.headers["content-security-policy"]
        self.assertIn(f'<script src="{self.api}/stage/console/embed.js" defer>', page)
        self.assertEqual(policy, f"default-src 'self'; script-src 'self' {self.api}; frame-src {self.api}; frame-ancestors 'none'")


if __name__ == "__main__":
    unittest.main()
