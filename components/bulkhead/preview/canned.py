"""Canned answers of provider functions, enough for a program to go on as in a real account."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.canned_ec2 import EC2
from bulkhead.preview.lookups import Ask, looked_up
from bulkhead.preview.plan import Secret
from bulkhead.preview.policy_document import render_policy_document
from bulkhead.preview.values import last_part
from bulkhead.preview.world import alphanumeric, hexadecimal, identifier

_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "ap-south-1"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2"),
)
"""The Regions that are on in every account of the aws partition."""

_LOAD_BALANCER_ACCOUNTS = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "cn-north-1": "638102146993",
    "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-gov-east-1": "190560391635",
    "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""From which account Elastic Load Balancing writes access logs, by Region (its documentation)."""


class _Loader(yaml.SafeLoader):
    """Reads YAML as Kubernetes does: dates are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own form)
        start: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for start, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def canned_answer(ask: Ask) -> dict[str, Any] | None:
    """What is known to be the shape of the answer, None for functions that are not known here.

    Values are for the properties that matter; of an AWS function the SDK declares the others.

    Raises:
        RefusedError: the provider would refuse the arguments, or only its plugin could answer.
    """
    if ask.token.startswith("kubernetes:"):
        return _kubernetes(ask)
    if not ask.token.startswith("aws:"):
        return None
    canned = _CANNED.get(ask.key)
    found = looked_up(ask)
    if canned is None:
        return found
    return {**(found or {}), **canned(ask)}


def _kubernetes(ask: Ask) -> dict[str, Any] | None:
    _, _, function = ask.token.partition(":")
    if function == "yaml:decode":
        try:
            objects = [each for each in yaml.load_all(ask.arg("text") or "", _Loader) if each]
        except yaml.YAMLError as error:
            raise RefusedError(
                f"not YAML: {' '.join(str(error).split())}", where=function
            ) from None
        # JSON has only text as keys.
        return {"result": json.loads(json.dumps(objects))}
    if function in ("helm:template", "kustomize:directory"):
        raise RefusedError(
            "the Kubernetes provider renders this in its plugin, so it can't be previewed offline; "
            "use helm.v3.Release, or render to YAML beforehand",
            where=f"kubernetes:{function}",
        )
    return None


def _caller_identity(ask: Ask) -> dict[str, Any]:
    account = ask.world.account
    return {
        "accountId": account,
        "arn": f"arn:{ask.world.partition}:iam::{account}:user/preview",
        "id": account,
        "userId": "AIDA" + hexadecimal(17, account).upper(),
    }


def _region(ask: Ask) -> dict[str, Any]:
    endpoint = ask.arg("endpoint") or ""
    from_endpoint = endpoint.split(".")[1] if endpoint.count(".") > 1 else None
    region = ask.arg("region") or ask.arg("name") or from_endpoint or ask.world.region
    return {
        "description": region,
        "endpoint": f"ec2.{region}.{ask.world.dns_suffix}",
        "id": region,
        "name": region,
        "region": region,
    }


def _regions(ask: Ask) -> dict[str, Any]:
    region = ask.world.region
    return {"id": ask.world.partition, "names": sorted({*_REGIONS, region})}


def _partition(ask: Ask) -> dict[str, Any]:
    suffix = ask.world.dns_suffix
    return {
        "dnsSuffix": suffix,
        "id": ask.world.partition,
        "partition": ask.world.partition,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def _arn_parts(ask: Ask) -> dict[str, Any]:
    parts = (ask.arg("arn") or "").split(":", 5)
    names = ("", "partition", "service", "region", "account", "resource")
    return {name: part for name, part in zip(names, parts, strict=False) if name}


def _service_principal(ask: Ask) -> dict[str, Any]:
    service = ask.arg("serviceName") or ""
    name = f"{service}.amazonaws.com"
    return {"id": name, "name": name, "suffix": "amazonaws.com"}


def _parameter(ask: Ask) -> dict[str, Any]:
    name = ask.arg("name") or ""
    image = ask.made_id("ami")
    if not name.startswith("/aws/"):
        return {"insecureValue": "", "type": "SecureString", "value": Secret(f"value of {name}")}
    value = f"value of {name}"
    if re.search(r"(image_id|ami-id)$|/ami-(amazon-linux|windows)-latest/", name):
        value = image
    elif name.endswith("/recommended"):
        value = json.dumps({"image_id": image, "image_name": last_part(name)})
    elif re.search(r"_version$", name):
        value = "1.0.0-20250101"
    return {"insecureValue": value, "type": "String", "value": value}


def _alias(ask: Ask) -> dict[str, Any]:
    name = ask.arg("name") or ""
    found = _key(replace(ask, args={"keyId": name}))
    return {"targetKeyArn": found["arn"], "targetKeyId": found["id"]}


def _key(ask: Ask) -> dict[str, Any]:
    asked = ask.arg("keyId") or ""
    is_alias = "alias/" in asked
    alias = asked[asked.index("alias/") :] if is_alias else ""
    key = identifier(alias) if is_alias else last_part(asked)
    world = ask.world
    return {
        "arn": f"arn:{world.partition}:kms:{world.region}:{world.account}:key/{key}",
        "awsAccountId": world.account,
        "enabled": True,
        "id": key,
        "keyManager": "AWS" if alias.startswith("alias/aws/") else "CUSTOMER",
        "keySpec": "SYMMETRIC_DEFAULT",
        "keyState": "Enabled",
        "keyUsage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS",
    }


def _load_balancer_account(ask: Ask) -> dict[str, Any]:
    account = _LOAD_BALANCER_ACCOUNTS.get(ask.world.region, ask.world.account)
    return {"arn": f"arn:{ask.world.partition}:iam::{account}:root", "id": account}


def _secret_version(ask: Ask) -> dict[str, Any]:
    secret = ask.arg("secretId") or ""
    version = identifier(ask.token, secret)
    arn = secret
    if not secret.startswith("arn:"):
        token = "aws:secretsmanager/getSecret:getSecret"  # noqa: S105 (a type token)
        arn = (looked_up(replace(ask, token=token, args={"name": secret})) or {})["arn"]
    return {
        "arn": arn,
        "id": f"{secret}|{ask.arg('versionStage') or 'AWSCURRENT'}",
        "secretArn": arn,
        "secretBinary": Secret(""),
        "secretString": Secret(f"value of {secret}"),
        "versionId": version,
        "versionStages": ["AWSCURRENT"],
    }


def _cluster_token(ask: Ask) -> dict[str, Any]:
    name = ask.arg("name") or ""
    return {"id": name, "token": Secret(f"k8s-aws-v1.{hexadecimal(32, name)}")}


def _registry_token(ask: Ask) -> dict[str, Any]:
    account = ask.arg("registryId") or ask.world.account
    password = alphanumeric(32, ask.token, account)
    return {
        "authorizationToken": Secret(base64.b64encode(f"AWS:{password}".encode()).decode()),
        "password": Secret(password),
        "proxyEndpoint": f"https://{account}.dkr.ecr.{ask.world.region}.{ask.world.dns_suffix}",
        "userName": "AWS",
    }


_CANNED: Mapping[str, Callable[[Ask], dict[str, Any]]] = {
    **EC2,
    "ecr/getAuthorizationToken": _registry_token,
    "eks/getAddonVersion": lambda _: {"version": "v1.0.0-eksbuild.1"},
    "eks/getClusterAuth": _cluster_token,
    "elb/getServiceAccount": _load_balancer_account,
    "iam/getPolicyDocument": lambda ask: render_policy_document(ask.args),
    "iam/getRole": lambda _: {"maxSessionDuration": 3600},
    "index/getArn": _arn_parts,
    "index/getCallerIdentity": _caller_identity,
    "index/getDefaultTags": lambda _: {"tags": {}},
    "index/getPartition": _partition,
    "index/getRegion": _region,
    "index/getRegions": _regions,
    "index/getServicePrincipal": _service_principal,
    "kms/getAlias": _alias,
    "kms/getKey": _key,
    "s3/getCanonicalUserId": lambda ask: {"id": hexadecimal(64, ask.world.account)},
    "secretsmanager/getSecretVersion": _secret_version,
    "ssm/getParameter": _parameter,
}
