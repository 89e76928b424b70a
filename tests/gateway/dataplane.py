"""The real Envoy, rate-limit service and Redis on loopback, as the translation configures them."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bulkhead.domain.secrets import CACHE_USER_NAME
from bulkhead.workloads.gateway_charts import envoy_gateway
from tests.gateway.certified import Certificates
from tests.gateway.rendered import AWAY
from tests.gateway.translated import Translation

RATE_LIMITER = "ratelimit_cluster"
"""What Envoy Gateway calls the rate-limit service, which its own deployment brings."""

PROCESSOR = "ai-gateway-extproc-uds"
"""What Envoy AI Gateway calls its processor, which stands beside the proxy in its pod."""

HURRY = 10
"""Clients get a tenth of the time here that they have: the tests wait for its end."""

PASSWORD = "a-password-of-the-counters"  # noqa: S105 - of a store that ends with the test

PATIENCE = 8
"""Here the service that counts has so many times the time that it has: the machine may be busy."""

UPSTREAM_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def bootstrap(
    translation: Translation,
    ports: Mapping[str, int],
    certificates: Certificates,
    access_log: Path,
    socket: Path,
) -> dict[str, Any]:
    """Envoy's configuration: the translation's, with local addresses and secrets from files.

    Envoy Gateway would send the same by its discovery services; here it is static.
    """
    translation = copy.deepcopy(translation)
    (listener,) = (each for each in translation.listeners if each["name"].endswith("/https"))
    listener["address"] = _address(ports["gateway"])
    for chain in listener["filterChains"]:
        manager = chain["filters"][-1]["typedConfig"]
        manager["routeConfig"] = translation.routes[manager.pop("rds")["routeConfigName"]]
        for waited in ("requestHeadersTimeout", "requestTimeout"):
            manager[waited] = f"{float(manager[waited].removesuffix('s')) / HURRY}s"
        for log in manager["accessLog"]:
            log["typedConfig"]["path"] = str(access_log)
        for each in manager["httpFilters"]:
            if each["name"].startswith("envoy.filters.http.ratelimit"):
                each["typedConfig"].update(_counting())
    for cluster in translation.clusters:
        if cluster["name"] == PROCESSOR:
            _localize_processor(cluster, socket)
        else:
            _localize(cluster, ports, certificates)
    authorities = set(_named(translation.clusters, "validationContextSdsSecretConfig"))
    _make_static([listener, translation.clusters])
    return {
        "admin": {"address": _address(ports["admin"])},
        "staticResources": {
            "listeners": [listener],
            "clusters": [
                *translation.clusters,
                _cluster(RATE_LIMITER, ports["ratelimit"]),
            ],
            "secrets": [
                *(_key_pair(name, certificates) for name in ("server", "client")),
                *(
                    {
                        "name": name,
                        "validationContext": {
                            "trustedCa": {"filename": str(certificates.authority)}
                        },
                    }
                    for name in sorted(authorities)
                ),
            ],
        },
    }


def _counting() -> dict[str, Any]:
    """What Envoy Gateway makes of its own configuration, which ``egctl`` has no argument for."""
    given = envoy_gateway({}, "counters:6379", "counters")["rateLimit"]
    seconds = int(given["timeout"].removesuffix("ms")) * PATIENCE / 1000
    return {"failureModeDeny": given["failClosed"], "timeout": f"{seconds}s"}


def rate_limits(translation: Translation) -> dict[str, Any]:
    """The rate-limit service's configuration, which Envoy Gateway would send to it.

    A counter for each rule of a route's policy and each value of its header, under the descriptors
    that Envoy is told to send.
    """
    (routes,) = translation.routes.values()
    names = {
        route["name"].split("/")[2]: route["name"]
        for host in routes["virtualHosts"]
        for route in host["routes"]
        if "/rule/0/" in route["name"]
    }
    return {
        "domain": routes["name"],
        "descriptors": [
            {
                "key": names[name],
                "value": names[name],
                "descriptors": [
                    {
                        "key": f"rule-{number}-match-0",
                        "rate_limit": {
                            "unit": rule["limit"]["unit"].lower(),
                            "requests_per_unit": rule["limit"]["requests"],
                        },
                    }
                    for number, rule in enumerate(policy["spec"]["rateLimit"]["global"]["rules"])
                ],
            }
            for (kind, name), policy in translation.objects.items()
            if kind == "BackendTrafficPolicy"
        ],
    }


def rate_limiter_environment(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Settings of the rate-limit service, which reads ``folder/config``."""
    here = "127.0.0.1"
    return {
        "REDIS_AUTH": f"{CACHE_USER_NAME}:{PASSWORD}",
        "REDIS_SOCKET_TYPE": "tcp",
        "REDIS_URL": f"{here}:{ports['redis']}",
        "RUNTIME_ROOT": str(folder),
        "RUNTIME_SUBDIRECTORY": ".",
        "RUNTIME_APPDIRECTORY": "config",
        "RUNTIME_WATCH_ROOT": "false",
        "USE_STATSD": "false",
        "LOG_LEVEL": "warn",
        "GRPC_HOST": here,
        "GRPC_PORT": str(ports["ratelimit"]),
        "HOST": here,
        "PORT": str(ports["ratelimit-http"]),
        "DEBUG_HOST": here,
        "DEBUG_PORT": str(ports["ratelimit-debug"]),
    }


def _localize_processor(cluster: dict[str, Any], socket: Path) -> None:
    ((endpoint,),) = (each["lbEndpoints"] for each in cluster["loadAssignment"]["endpoints"])
    endpoint["endpoint"]["address"]["pipe"]["path"] = str(socket)


def _localize(
    cluster: dict[str, Any], ports: Mapping[str, int], certificates: Certificates
) -> None:
    is_issuer = cluster["name"].startswith("issuer_")
    port = "issuer" if is_issuer else "nobody" if f".{AWAY}/" in cluster["name"] else "models"
    for locality in cluster["loadAssignment"]["endpoints"]:
        for each in locality["lbEndpoints"]:
            name = each["endpoint"]["address"]["socketAddress"]["address"]
            each["endpoint"] = {"address": _address(ports[port]), "hostname": name}
    if is_issuer:  # its certificate is a public one, of the proxy's own bundle
        tls = cluster["transportSocket"]["typedConfig"]["commonTlsContext"]
        tls["validationContext"]["trustedCa"]["filename"] = str(certificates.authority)


def _named(node: Any, key: str) -> list[str]:
    """Names of the secrets that are asked for under ``key``, anywhere."""
    if isinstance(node, list):
        return [name for item in node for name in _named(item, key)]
    if not isinstance(node, dict):
        return []
    own = [node[key]["name"]] if key in node else []
    return own + [name for item in node.values() for name in _named(item, key)]


def _make_static(node: Any) -> None:
    """Take every secret from the bootstrap's own instead of a discovery service."""
    if isinstance(node, list):
        for item in node:
            _make_static(item)
    elif isinstance(node, dict):
        node.pop("sdsConfig", None)
        for item in node.values():
            _make_static(item)


def _key_pair(name: str, certificates: Certificates) -> dict[str, Any]:
    return {
        "name": f"bulkhead-gateway/{name}",
        "tlsCertificate": {
            "certificateChain": {"filename": str(certificates.certificate(name))},
            "privateKey": {"filename": str(certificates.key(name))},
        },
    }


def _address(port: int) -> dict[str, Any]:
    return {"socketAddress": {"address": "127.0.0.1", "portValue": port}}


def _cluster(name: str, port: int) -> dict[str, Any]:
    """A gRPC service on loopback."""
    options = {
        "@type": f"type.googleapis.com/{UPSTREAM_HTTP}",
        "explicitHttpConfig": {"http2ProtocolOptions": {}},
    }
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connectTimeout": "2s",
        "typedExtensionProtocolOptions": {UPSTREAM_HTTP: options},
        "loadAssignment": {"clusterName": name, "endpoints": [{"lbEndpoints": [endpoint]}]},
    }


def write(folder: Path, configuration: Mapping[str, Any], limits: Mapping[str, Any]) -> None:
    """Write both configurations where their programs look for them."""
    (folder / "envoy.json").write_text(json.dumps(configuration))
    (folder / "config").mkdir()
    (folder / "config" / "limits.yaml").write_text(json.dumps(limits))
