"""Events as CloudTrail and AWS services put them on the default event bus."""

from typing import Any

from tests.foundation.samples import ACCOUNT, REGION

SOMEBODY = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLEEXAMPLEEXA:alice",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/developer/alice",
    "accountId": ACCOUNT,
    "sessionContext": {
        "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-11-25T03:00:00Z"},
        "sessionIssuer": {"type": "Role", "userName": "developer"},
    },
}
ROOT = {
    "type": "Root",
    "principalId": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "accountId": ACCOUNT,
}
USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "userName": "alice"}


def event(source: str, kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    """The envelope."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-25T03:04:05Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def call(
    service: str,
    name: str,
    parameters: dict[str, Any] | None = None,
    *,
    who: dict[str, Any] = SOMEBODY,
    **detail: Any,
) -> dict[str, Any]:
    """A call of an API, as CloudTrail records it."""
    return event(
        f"aws.{service}",
        "AWS API Call via CloudTrail",
        {
            "eventVersion": "1.11",
            "userIdentity": who,
            "eventTime": "2026-11-25T03:04:05Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": REGION,
            "sourceIPAddress": "203.0.113.7",
            "userAgent": "aws-cli/2.31",
            "requestParameters": parameters,
            "responseElements": None,
            "eventID": "0d27f2b6-6a31-4c0e-9a80-5a6e2f0d2d6f",
            "eventType": "AwsApiCall",
            "managementEvent": True,
            **detail,
        },
    )


def by_service(service: str) -> dict[str, Any]:
    """An identity through which an AWS service calls."""
    return {**SOMEBODY, "invokedBy": f"{service}.amazonaws.com"}


def sign_in(who: dict[str, Any], mfa: str = "No", result: str = "Success") -> dict[str, Any]:
    """A sign-in to the console."""
    return event(
        "aws.signin",
        "AWS Console Sign In via CloudTrail",
        {
            "eventVersion": "1.08",
            "userIdentity": who,
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "203.0.113.7",
            "requestParameters": None,
            "responseElements": {"ConsoleLogin": result},
            "additionalEventData": {"MobileVersion": "No", "MFAUsed": mfa},
            "eventType": "AwsConsoleSignIn",
        },
    )


def service_event(service: str, name: str) -> dict[str, Any]:
    """What a service did of itself."""
    return event(
        f"aws.{service}",
        "AWS Service Event via CloudTrail",
        {
            "userIdentity": {"accountId": ACCOUNT, "invokedBy": f"{service}.amazonaws.com"},
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "requestParameters": None,
            "eventType": "AwsServiceEvent",
        },
    )
