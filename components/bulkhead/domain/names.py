"""Names for services that limit their length."""

import hashlib

IAM_ROLE, S3_BUCKET, EKS_CLUSTER, EVENT_RULE = 64, 63, 100, 64
"""Longest names of an IAM role, an S3 bucket, an EKS cluster and an EventBridge rule."""

CRON_JOB = 52
"""Longest name of a CronJob, whose jobs append eleven characters."""

FIREWALL = 128
"""Longest name of a firewall, its policy and its rule groups."""

WAF_LOGS = "aws-waf-logs-"
"""How AWS WAF wants its log groups' names to begin (AWS WAF Developer Guide, "Sending web ACL
traffic logs to a CloudWatch Logs log group")."""

DIGEST = 8
"""Characters of the digest that keeps shortened names apart."""


def fit(name: str, longest: int) -> str:
    """``name``, or when it is longer than ``longest`` its beginning and a digest of the whole.

    The same name always gives the same result and two names different ones, so that policies can
    name a resource before it exists.
    """
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{name[: longest - DIGEST - 1].rstrip('-')}-{digest}"
