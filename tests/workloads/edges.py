"""A public edge as tests open it."""

import datetime
from typing import Any

from tests.foundation.samples import ACCOUNT, KEY, REGION, scope

HOST = "models.example.com"
EXPIRES = datetime.date.today() + datetime.timedelta(days=90)
"""Far enough ahead that all warnings are still to come."""
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:dev-alarms"


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "opt_in": opt_in(),
        "host": HOST,
        "certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1",
        "gateway": {
            "host": "inference.example.com",
            "load_balancer_arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:"
            "loadbalancer/net/gateway/1234567890abcdef",
            "load_balancer_cidrs": ["10.20.0.0/18"],
            "vpc_id": "vpc-1",
            "subnet_ids": ["subnet-1", "subnet-2"],
        },
        "models": ["llama"],
        "clients": [
            {"name": "alpha", "requests": {"minute": 60, "day": 5_000}, "parallel_requests": 8},
            {"name": "beta"},
        ],
        "log_key_arn": KEY,
        "topic_arn": TOPIC,
        "dead_letter_arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dev-alarms-undelivered",
        **changes,
    }


def opt_in(**changes: str) -> dict[str, str]:
    return {
        "owner": "partner-team",
        "reason": "Partners try the summaries",
        "expires": str(EXPIRES),
        **changes,
    }
