"""The real Envoy, rate-limit service and Redis hold what the gateway promises (INF-1…3, OBS-1)."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

from bulkhead.domain.inference import PROMPT_KIB
from bulkhead.domain.secrets import CACHE_USER_NAME
from bulkhead.workloads.gateway_edge import MODEL_HEADER, TENANT_HEADER, access_log
from bulkhead.workloads.gateway_routes import TELLING
from tests.gateway.dataplane import PASSWORD
from tests.gateway.rendered import AWAY, CEILING, HOST, PARALLEL
from tests.gateway.running import (
    CLIENTS,
    PROMPT,
    QUERY,
    DataPlane,
    eventually,
    in_one_window,
)
from tests.gateway.servers import COMPLETION, USAGE

DAY_TOKENS = 100


def test_a_tenant_reaches_its_own_model(plane: DataPlane) -> None:
    assert plane.ask(plane.issuer.token("alpha")) == 200
    (seen,) = plane.models.headers
    assert seen["host"] == "llama.alpha.svc.cluster.local"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"aud": "another service"}, 403),
        ({"iss": "https://another.example/"}, 401),
        ({"exp": int(time.time()) - 3600}, 401),
        ({"nbf": int(time.time()) + 3600}, 401),
    ],
)
def test_a_token_for_something_else_opens_nothing(
    plane: DataPlane, claims: dict[str, object], status: int
) -> None:
    assert plane.ask(plane.issuer.token("alpha", **claims)) == status
    assert plane.models.headers == []


def test_without_a_token_nothing_opens(plane: DataPlane) -> None:
    assert plane.ask() == 401
    assert plane.ask("no.token.atall") == 401
    assert plane.models.headers == []


def test_a_token_that_another_signed_opens_nothing(plane: DataPlane) -> None:
    header, _, signature = plane.issuer.token("beta").split(".")
    claims = plane.issuer.token("alpha").split(".")[1]
    assert plane.ask(f"{header}.{claims}.{signature}") == 401


@pytest.mark.parametrize("tenant", [None, "", "gamma", "alpha,beta", "alpha ", 7, ["beta"]])
def test_a_token_of_no_tenant_here_opens_nothing(plane: DataPlane, tenant: object) -> None:
    assert plane.ask(plane.issuer.token(tenant)) == 403
    assert plane.models.headers == []


@pytest.mark.parametrize("model", ["mistral", "unheard-of", ""])
def test_a_model_of_another_tenant_is_refused(plane: DataPlane, model: str) -> None:
    assert plane.ask(plane.issuer.token("alpha"), model=model) == 403
    assert plane.models.headers == []


@pytest.mark.parametrize(
    ("path", "status"),
    [("/tokenize", 404), ("/v1/completions", 403), ("/v1/chat/completions/render", 404)],
)
def test_a_path_around_the_system_prompt_is_closed(
    plane: DataPlane, path: str, status: int
) -> None:
    assert plane.ask(plane.issuer.token("alpha"), path=path) == status
    assert plane.models.headers == []


def test_what_would_tell_the_prompt_is_taken_out_of_a_request(plane: DataPlane) -> None:
    body = {"model": "llama", "messages": [], **dict.fromkeys(TELLING, True), "seed": 7}
    assert plane.ask(plane.issuer.token("alpha"), body=json.dumps(body).encode()) == 200
    (asked,) = plane.models.bodies
    assert asked.keys() == {"model", "messages", "seed"}


def test_a_client_s_token_ends_at_the_gateway(plane: DataPlane) -> None:
    assert plane.ask(plane.issuer.token("alpha")) == 200
    assert "authorization" not in plane.models.headers[0]


@pytest.mark.parametrize(
    "forged",
    [
        {TENANT_HEADER: "beta"},
        {MODEL_HEADER: "mistral"},
        {TENANT_HEADER: "beta", MODEL_HEADER: "mistral"},
        {TENANT_HEADER.upper(): "beta"},
    ],
)
def test_what_a_client_says_of_itself_has_no_effect(
    plane: DataPlane, forged: dict[str, str]
) -> None:
    assert plane.ask(plane.issuer.token("alpha"), model="mistral", headers=forged) == 403
    assert plane.ask(plane.issuer.token("alpha"), headers=forged) == 200
    (seen,) = plane.models.headers
    assert (seen[TENANT_HEADER], seen[MODEL_HEADER]) == ("alpha", "llama")


def test_a_request_without_a_body_names_no_model(plane: DataPlane) -> None:
    assert plane.ask(plane.issuer.token("alpha"), body=b"") == 403
    assert plane.models.headers == []


def test_the_id_of_a_request_is_never_the_clients(plane: DataPlane) -> None:
    assert plane.ask(plane.issuer.token("alpha"), headers={"x-request-id": "forged"}) == 200
    assert plane.models.headers[0]["x-request-id"] != "forged"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"model": "llama"}',
        b'{"model": 7, "messages": []}',
        b'{"model": "llama", "messages": null}',
        b'{"model": "llama", "messages": "hello"}',
        b'{"model": "llama", "messages": [7]}',
        b'{"model": "llama", "messages": [{"content": "no role"}]}',
        b'{"model": "llama", "messages": [{"role": "nobody", "content": "x"}]}',
        b'{"model": "llama", "input": "for embeddings"}',
    ],
)
def test_a_malformed_request_is_refused(plane: DataPlane, body: bytes) -> None:
    assert plane.ask(plane.issuer.token("alpha"), body=body) == 400
    assert plane.models.headers == []


@pytest.mark.parametrize(
    ("field", "status"),
    [('"input": "x"', 200), ('"input": ["x"]', 200), ('"messages": []', 400), ('"input": 7', 400)],
)
def test_embeddings_need_an_input(plane: DataPlane, field: str, status: int) -> None:
    body, token = f'{{"model": "llama", {field}}}', plane.issuer.token("alpha")
    assert plane.ask(token, path="/v1/embeddings", body=body.encode()) == status


def test_an_oversized_request_is_refused(plane: DataPlane) -> None:
    for size, status in ((PROMPT_KIB - 1, 200), (PROMPT_KIB + 1, 413)):
        said = {"role": "user", "content": "x" * (size * 1024 - 100)}
        body = {"model": "llama", "messages": [said]}
        assert plane.ask(plane.issuer.token("alpha"), body=json.dumps(body).encode()) == status


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ('"max_tokens": 64', 200),
        ('"max_tokens": 65', 400),
        ('"max_completion_tokens": 65', 400),
        ('"max_output_tokens": 65', 400),
        ('"max_tokens": null', 200),
        ('"max_tokens": "9999"', 400),
        ('"max_tokens": 1e9', 400),
        ('"max_tokens": -1', 400),
        ('"max_tokens": 1, "max_tokens": 9999', 400),
        ('"max_tokens": 9999, "max_tokens": 1', 400),
        ('"max_t\\u006fkens": 9999', 400),
        ('"Max_Tokens": 9999', 400),
        ('"stop": "\\"", "max_tokens": 9999', 400),
        ('"stop": "\\\\", "max_tokens": 9999', 400),
        ('"stop": ["]}", {"a": "}"}], "max_tokens": 9999', 400),
        ('"stop": "\\"max_tokens\\": 9999"', 200),
        ('"metadata": {"max_tokens": 9999}', 200),
        ('"n": 2', 400),
        ('"n": 2, "max_tokens": 32', 200),
        ('"n": 2, "max_tokens": 33', 400),
        ('"best_of": 3', 400),
    ],
)
def test_a_request_asks_for_no_more_than_the_ceiling(
    plane: DataPlane, asked: str, status: int
) -> None:
    assert CEILING == 64
    body = f'{{"model": "llama", "messages": [], {asked}}}'
    assert plane.ask(plane.issuer.token("alpha"), body=body.encode()) == status
    assert len(plane.models.headers) == (status == 200)


def test_another_tenant_s_ceiling_is_its_own(plane: DataPlane) -> None:
    body = b'{"model": "llama", "messages": [], "max_tokens": 65}'
    assert plane.ask(plane.issuer.token("beta"), body=body) == 200


def test_a_quota_of_tokens_ends_one_tenant_and_not_its_neighbour(plane: DataPlane) -> None:
    alpha, beta = plane.issuer.token("alpha"), plane.issuer.token("beta")
    allowed = DAY_TOKENS // USAGE["total_tokens"]
    # An answer is counted when it is there: the request that reaches the quota still gets one.
    statuses = in_one_window(plane, lambda: [plane.ask(alpha) for _ in range(allowed + 4)])
    assert statuses[:allowed] == [200] * allowed
    assert set(statuses[allowed + 1 :]) == {429}
    assert plane.ask(plane.issuer.token("alpha", sub="another client")) == 429
    assert plane.ask(beta) == 200


def test_a_streamed_answer_counts_as_any_other(plane: DataPlane) -> None:
    alpha = plane.issuer.token("alpha")
    body = b'{"model": "llama", "messages": [], "stream": true}'
    allowed = DAY_TOKENS // USAGE["total_tokens"]
    statuses = in_one_window(
        plane, lambda: [plane.ask(alpha, body=body) for _ in range(allowed + 4)]
    )
    assert statuses[:allowed] == [200] * allowed
    assert set(statuses[allowed + 1 :]) == {429}


def test_a_quota_of_requests_is_of_one_model(plane: DataPlane) -> None:
    beta = plane.issuer.token("beta")
    statuses = in_one_window(plane, lambda: [plane.ask(beta, model="mistral") for _ in range(4)])
    assert statuses == [200, 200, 200, 429]
    assert plane.ask(beta) == 200


def test_nothing_passes_while_the_service_that_counts_is_gone(plane: DataPlane) -> None:
    beta = plane.issuer.token("beta")
    with plane.limiter.gone():
        assert {plane.ask(beta) for _ in range(3)} == {500}
        assert plane.models.headers == []
    eventually(lambda: plane.ask(beta) == 200)


def test_nothing_passes_while_the_service_that_counts_is_stalled(plane: DataPlane) -> None:
    beta = plane.issuer.token("beta")
    with plane.limiter.stalled():
        assert plane.ask(beta) == 500
        assert plane.models.headers == []
    eventually(lambda: plane.ask(beta) == 200)


@pytest.mark.parametrize("command", ["FLUSHALL", "KEYS *", "SET a 1", "CONFIG GET *", "ACL LIST"])
def test_the_user_of_the_counters_may_only_count(plane: DataPlane, command: str) -> None:
    sign_in = f"AUTH {CACHE_USER_NAME} {PASSWORD}"
    assert plane.counters(sign_in) == "+OK"
    assert plane.counters(sign_in, "INCRBY a 1") == ":1"
    assert plane.counters(sign_in, command).startswith("-NOPERM")


def test_refused_requests_use_no_quota(plane: DataPlane) -> None:
    alpha, beta = plane.issuer.token("alpha"), plane.issuer.token("beta")
    assert {plane.ask(alpha, model="mistral") for _ in range(5)} == {403}
    assert plane.ask(beta, model="mistral") == 200


def test_servers_that_are_down_are_told(plane: DataPlane) -> None:
    assert plane.ask(plane.issuer.token("beta"), model=AWAY) == 503


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v1/chat/completions HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nhost: " + HOST.encode() + b"\r\ncontent-length: 9\r\n\r\n{",
    ],
    ids=["headers", "body"],
)
def test_a_slow_client_is_cut_off(plane: DataPlane, sent: bytes) -> None:
    with plane.connect() as client:
        client.sendall(sent)
        answer = client.recv(64)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 401"))


def test_many_clients_are_held_at_the_ceiling(plane: DataPlane) -> None:
    token = plane.issuer.token("beta")
    with ThreadPoolExecutor(CLIENTS) as clients:
        with plane.models.held():
            asked = [clients.submit(plane.ask, token) for _ in range(CLIENTS)]
            # Some wait for a connection to the servers, at most as many as there may be.
            for number, _ in enumerate(as_completed(asked), 1):
                if number == CLIENTS - 2 * PARALLEL:
                    break
        statuses = Counter(each.result() for each in asked)
    assert plane.models.most == PARALLEL
    assert statuses[503] >= CLIENTS - 2 * PARALLEL
    assert set(statuses) == {200, 503}


def test_the_log_tells_what_was_decided(plane: DataPlane) -> None:
    path = "/v1/embeddings"
    before = len(plane.records(path, 0))
    plane.ask(plane.issuer.token("alpha"), path=path)
    plane.ask(plane.issuer.token("alpha"), path=path, model="mistral")
    plane.ask(path=path)
    served, refused, unknown = plane.records(path, before + 3)[before:]
    assert set(served) == set(access_log())
    assert served["tenant"] == "alpha"
    assert served["subject"] == "a-client"
    assert served["model"] == "llama"
    assert served["total_tokens"] == USAGE["total_tokens"]
    assert served["code"] == 200
    assert refused["code"] == 403
    assert refused["decision"].startswith("rbac_access_denied")
    assert unknown["code"] == 401
    assert unknown["decision"].startswith("jwt_authn_access_denied")


def test_the_log_holds_no_contents(plane: DataPlane) -> None:
    token, path = plane.issuer.token("alpha"), "/v1/embeddings"
    before = len(plane.records(path, 0))
    assert plane.ask(token, path=path) == 200
    plane.ask(token, path=path, body=PROMPT.encode())
    plane.records(path, before + 2)
    text = plane.access_log.read_text()
    for secret in (PROMPT, QUERY, COMPLETION, token, token.split(".")[1], token.split(".")[2]):
        assert secret not in text
