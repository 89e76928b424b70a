"""Servers on loopback: models that answer as OpenAI's API does, and an issuer of tokens."""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.gateway.certified import Certificates
from tests.gateway.rendered import AUDIENCE, ISSUER

COMPLETION = "a completion that no log may hold"
USAGE = {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50}
HOLD_SECONDS = 30


class Issuer:
    """Signs tokens, and publishes its key."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self.keys = {"keys": [{**public, "kid": "tests", "use": "sig", "alg": "RS256"}]}

    def token(self, tenant: object = None, **claims: Any) -> str:
        named = {} if tenant is None else {"tenant": tenant}
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "a-client", "exp": int(time.time()) + 600}
        headers = {"kid": "tests"}
        return jwt.encode({**usual, **named, **claims}, self._key, "RS256", headers)


class Models:
    """What the model servers have seen, and a way to make them wait."""

    def __init__(self) -> None:
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._go = threading.Event()
        self._go.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every answer back until the end."""
        self.most = 0
        self._go.clear()
        try:
            yield
        finally:
            self._go.set()

    def forget(self) -> None:
        self.headers.clear()
        self.bodies.clear()

    def answer(self, headers: Mapping[str, str], body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.headers.append(headers)
            self.bodies.append(body)
            self._now += 1
            self.most = max(self.most, self._now)
        self._go.wait(HOLD_SECONDS)
        with self._lock:
            self._now -= 1
        said = {"role": "assistant", "content": COMPLETION}
        return {"choices": [{"message": said, "delta": said}], "usage": USAGE}


def handler(issuer: Issuer, models: Models) -> type[BaseHTTPRequestHandler]:
    """Answers GET as the issuer and POST as a model."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(json.dumps(issuer.keys))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            answer = json.dumps(
                models.answer({k.lower(): v for k, v in self.headers.items()}, body)
            )
            if body.get("stream"):
                self._send(f"data: {answer}\n\ndata: [DONE]\n\n", kind="text/event-stream")
            else:
                self._send(answer)

        def _send(self, text: str, kind: str = "application/json") -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


@contextmanager
def serving(
    port: int,
    handles: type[BaseHTTPRequestHandler],
    certificates: Certificates,
    name: str,
    *,
    mutual: bool,
) -> Iterator[None]:
    """Serve over TLS with the certificate ``name``; ``mutual`` asks clients for theirs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate(name), certificates.key(name))
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates.authority)
    with ThreadingHTTPServer(("127.0.0.1", port), handles, bind_and_activate=False) as server:
        server.request_queue_size = 256
        server.daemon_threads = True
        server.server_bind()
        server.server_activate()
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
