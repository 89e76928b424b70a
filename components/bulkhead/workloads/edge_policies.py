"""Who may call a public edge, and until when."""

from collections.abc import Sequence

import pulumi

from bulkhead.domain.exposure import OptIn
from bulkhead.foundation.documents import EVERYBODY, Document, Statement, document


def resource_policy(
    api: pulumi.Input[str], opt_in: OptIn, networks: Sequence[str] = ()
) -> Document:
    """The policy of an API with the execution ARN ``api``.

    It lets everybody in until the opt-in ends, by the clock of AWS, so that the edge closes without
    anybody doing anything; what a caller brings is then for the key, the firewall and the gateway
    to judge. The denials hold for callers of the account too, whom IAM might let in.

    Keys: API Gateway Developer Guide, "AWS condition keys that can be used in API Gateway resource
    policies".
    """
    statements = [
        _statement("LetClientsIn", "Allow", api, {"DateLessThan": _now(opt_in)}),
        _statement("DenyAfterTheEnd", "Deny", api, {"DateGreaterThanEquals": _now(opt_in)}),
    ]
    if networks:
        elsewhere = {"NotIpAddress": {"aws:SourceIp": list(networks)}}
        statements.append(_statement("DenyOtherNetworks", "Deny", api, elsewhere))
    return document(*statements)


def _now(opt_in: OptIn) -> Statement:
    return {"aws:CurrentTime": opt_in.closes}


def _statement(sid: str, effect: str, api: pulumi.Input[str], condition: Statement) -> Statement:
    return {
        "Sid": sid,
        "Effect": effect,
        "Principal": EVERYBODY,
        "Action": "execute-api:Invoke",
        "Resource": pulumi.Output.concat(api, "/*"),
        "Condition": condition,
    }
