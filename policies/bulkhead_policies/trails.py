"""What tells afterwards who did what: trails, detectors and copies."""

from bulkhead_policies.findings import Findings, any_holds
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.view import View

TRAILS = frozenset({"aws:cloudtrail/trail:Trail"})


@resource_rule(
    "bulkhead-cloudtrail-cover-account",
    types=TRAILS,
    severity=Severity.HIGH,
    requirements=("AUD-1",),
    frameworks=("FSBP CloudTrail.1",),
    title="A trail records all Regions, and is on",
    why="An intruder works in the Region that nobody watches, or turns the trail off first.",
    remediation="Set is_multi_region_trail, and leave enable_logging and "
    "include_global_service_events on.",
)
def account_covered(trail: Resource) -> Findings:
    """Judge what the trail covers; a trail is on, and of one Region, unless told otherwise."""
    regions = trail.props["isMultiRegionTrail"]
    if not regions.flag():
        yield regions.refuse("a trail of one Region", allowed="true")
    for name in ("enableLogging", "includeGlobalServiceEvents"):
        if not trail.props[name].flag(default=True):
            yield trail.props[name].refuse("the trail leaves events out", allowed="true")


@resource_rule(
    "bulkhead-cloudtrail-validate-logs",
    types=TRAILS,
    severity=Severity.MEDIUM,
    requirements=("AUD-1",),
    frameworks=("FSBP CloudTrail.4",),
    title="A trail signs what it writes",
    why="Without digests nobody can show that the record of an incident was not edited.",
    remediation="Set enable_log_file_validation.",
)
def logs_validated(trail: Resource) -> Findings:
    """Judge the digest files."""
    digests = trail.props["enableLogFileValidation"]
    if not digests.flag():
        yield digests.refuse("log files can be changed unseen", allowed="true")


@resource_rule(
    "bulkhead-cloudtrail-encrypt-logs",
    types=TRAILS,
    severity=Severity.MEDIUM,
    requirements=("AUD-1", "STO-2"),
    frameworks=("FSBP CloudTrail.2",),
    title="A trail is encrypted with a customer key",
    why="The record tells which roles, keys and stores there are; its key says who reads it.",
    remediation="Set kms_key_id to the key of the audit logs.",
)
def logs_encrypted(trail: Resource) -> Findings:
    """Judge whether a key is named."""
    if not trail.props["kmsKeyId"].is_named:
        yield trail.props["kmsKeyId"].refuse("no customer key", allowed="a key's ARN")


@resource_rule(
    "bulkhead-cloudtrail-record-data",
    types=TRAILS,
    severity=Severity.MEDIUM,
    requirements=("AUD-1",),
    frameworks=("GenAI Lens GENSEC01-BP04",),
    title="A trail records who reads objects",
    why="Management events tell that a bucket was made, and not that a model was taken from it.",
    remediation="Add an event selector with data resources, or an advanced one for the event "
    "category Data.",
)
def data_recorded(trail: Resource) -> Findings:
    """Judge whether a selector of either kind records data events."""
    simple = trail.props["eventSelectors"].items()
    advanced = trail.props["advancedEventSelectors"].items()
    if not (any_holds(simple, _names_data) or any_holds(advanced, _selects_data)):
        yield trail.props.refuse("no data events are recorded", allowed="a selector for data")


def _names_data(selector: View) -> bool:
    return bool(selector["dataResources"].items())


def _selects_data(selector: View) -> bool:
    fields = selector["fieldSelectors"].items()
    categories = [f["equals"] for f in fields if f["field"].text() == "eventCategory"]
    return any("Data" in category.texts() for category in categories)


@resource_rule(
    "bulkhead-guardduty-stay-enabled",
    types=frozenset({"aws:guardduty/detector:Detector"}),
    severity=Severity.HIGH,
    requirements=("AUD-1",),
    frameworks=("FSBP GuardDuty.1",),
    title="Threat detection is on",
    why="A detector that is suspended looks like one in every inventory.",
    remediation="Leave enable at true.",
)
def detector_enabled(detector: Resource) -> Findings:
    """Judge the detector; it is on unless told otherwise."""
    if not detector.props["enable"].flag(default=True):
        yield detector.props["enable"].refuse("the detector is suspended", allowed="true")
