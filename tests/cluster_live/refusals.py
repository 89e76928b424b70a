"""How the API server refuses."""

import contextlib
from collections.abc import Iterator

import pytest

from bulkhead.cluster.admission.rule import AdmissionRule
from tests.cluster_live.compartments import Manifest
from tests.control_plane.api import Api, ApiRefusalError


@contextlib.contextmanager
def refused_by(rule: AdmissionRule, check: int = 0) -> Iterator[None]:
    """The API server refuses, naming the rule, with the sentence of the check."""
    with pytest.raises(ApiRefusalError) as caught:
        yield
    what, _, allowed = rule.checks[check].message.partition("; ")
    said = caught.value.message
    assert f"'{rule.name}'" in said, said
    assert f"denied request: {what}" in said, said
    assert said.endswith(allowed), said


def refusal(attempt: Api, manifest: Manifest) -> str:
    """Why nobody may create the object; empty if it may be."""
    try:
        attempt.create(manifest, dryRun="All")
    except ApiRefusalError as error:
        return "" if error.reason == "AlreadyExists" else error.message
    return ""
