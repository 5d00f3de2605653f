#!/usr/bin/env python3
"""A platform whose merchants see the console in its own pages: an example, with Python's standard library only.

    server.py --outputs .local/outputs.json --port 4590

It serves one page, which shows the console with `<integration-console>`, and opens portal sessions for it. A real platform
takes the marketplace from its own login: here everybody is the merchant of --marketplace.
"""

import argparse
import datetime
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
FILES = {"/": ("index.html", "text/html"), "/host.js": ("host.js", "text/javascript"), "/host.css": ("host.css", "text/css")}


def signed(url: str, body: bytes, region: str, now: datetime.datetime) -> dict[str, str]:
    """The headers of a POST to the operator routes, which IAM authorizes. Use an AWS SDK if your platform has one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
    address = urllib.parse.urlsplit(url)
    time, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"content-type": "application/json", "host": address.netloc, "x-amz-date": time}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    path = urllib.parse.quote(address.path, safe="/~-._")
    request = f"POST\n{path}\n\n{listed}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{region}/execute-api/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    return headers | {"authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"}


class Platform:
    """The deployment, and the merchant whose page this is."""

    def __init__(self, outputs: dict, marketplace: str, expires_in: int) -> None:
        self.api = outputs["api_url"]
        self.region = outputs["region"]
        api = urllib.parse.urlsplit(self.api)
        self.console_origin = f"{api.scheme}://{api.netloc}"
        self.marketplace = marketplace
        self.expires_in = expires_in

    def open_session(self) -> bytes:
        """Opens a session for the console's pages. Its origin is the console's own, because the console calls the API."""
        session = {
            "marketplace_id": self.marketplace,
            "permission": "write",
            "expires_in": self.expires_in,
            "origin": self.console_origin,
            "actor": {"id": "usr_1", "name": "Ada Lovelace"},
        }
        url, body = f"{self.api}/operator/sessions", json.dumps(session).encode()
        headers = signed(url, body, self.region, datetime.datetime.now(datetime.UTC))
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=30) as response:
            token = json.load(response)["token"]
        return json.dumps({"token": token}).encode()

    def page(self, name: str) -> bytes:
        return (HERE / name).read_text().replace("{{api}}", self.api).encode()

    def policy(self) -> str:
        """A strict policy that permits the console: its script and its frame."""
        return f"default-src 'self'; script-src 'self' {self.console_origin}; frame-src {self.console_origin}; frame-ancestors 'none'"


class Handler(BaseHTTPRequestHandler):
    platform: Platform

    def do_GET(self) -> None:
        path = urllib.parse.urlsplit(self.path).path
        if path == "/favicon.ico":
            return self.answer(HTTPStatus.NO_CONTENT)
        if path not in FILES:
            return self.answer(HTTPStatus.NOT_FOUND)
        name, media_type = FILES[path]
        self.answer(HTTPStatus.OK, self.platform.page(name), media_type)

    def do_POST(self) -> None:
        # A page of another origin must not obtain a session. A real platform also requires the merchant's login.
        if self.path != "/session" or self.headers.get("sec-fetch-site") != "same-origin":
            return self.answer(HTTPStatus.FORBIDDEN)
        try:
            self.answer(HTTPStatus.OK, self.platform.open_session(), "application/json")
        except urllib.error.URLError as error:
            self.log_error("no session was opened: %s", error)
            self.answer(HTTPStatus.BAD_GATEWAY)

    def answer(self, status: HTTPStatus, body: bytes = b"", media_type: str = "text/plain") -> None:
        self.send_response(status)
        for name, value in {
            "content-type": f"{media_type}; charset=utf-8",
            "content-length": str(len(body)),
            "cache-control": "no-store",
            "content-security-policy": self.platform.policy(),
            "x-content-type-options": "nosniff",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outputs", type=Path, required=True, help="the deployment, as `make run` or `make outputs` describes it")
    parser.add_argument("--port", type=int, default=4590, help="0: any free port")
    parser.add_argument("--marketplace", default="demo")
    parser.add_argument("--expires-in", type=int, default=3600, metavar="SECONDS", help="the lifetime of a session")
    args = parser.parse_args()
    Handler.platform = Platform(json.loads(args.outputs.read_text()), args.marketplace, args.expires_in)
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    print(f"http://localhost:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
