"""Models, training and notebooks on SageMaker: where they run, what they reach, what they keep."""

from bulkhead.domain.environments import Environment
from bulkhead_policies.cost import NODES
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import number
from bulkhead_policies.view import View

NOTEBOOKS = frozenset({"aws:sagemaker/notebookInstance:NotebookInstance"})
DOMAIN = "aws:sagemaker/domain:Domain"
MODEL = "aws:sagemaker/model:Model"
TRAINING_JOB = "aws:sagemaker/trainingJob:TrainingJob"
ENDPOINT_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"

HOURS = number("hours", 120, "The most hours that a training job may run.", least=1)

SECONDS_PER_HOUR = 3600
DEFAULT_RUNTIME = 86_400
"""Seconds after which SageMaker stops a training job that names no time."""


@resource_rule(
    "bulkhead-sagemaker-hide-notebooks",
    types=NOTEBOOKS,
    severity=Severity.HIGH,
    requirements=("NET-1", "TRN-1"),
    frameworks=("FSBP SageMaker.1", "FSBP SageMaker.2"),
    title="Notebooks stand in the VPC, and reach the internet through it alone",
    why="A notebook with its own way to the internet takes a dataset past every allowlist.",
    remediation="Set subnet_id, security_groups and direct_internet_access 'Disabled'.",
)
def notebooks_hidden(notebook: Resource) -> Findings:
    """Judge both; SageMaker gives direct access unless told otherwise."""
    direct, subnet = notebook.props["directInternetAccess"], notebook.props["subnetId"]
    if direct.text() != "Disabled":
        yield direct.refuse("the notebook has its own way to the internet", allowed="Disabled")
    if not subnet.is_named:
        yield subnet.refuse("the notebook stands outside the VPC", allowed="a subnet")


@resource_rule(
    "bulkhead-sagemaker-deny-root",
    types=NOTEBOOKS,
    severity=Severity.MEDIUM,
    requirements=("ISO-10", "TRN-1"),
    frameworks=("FSBP SageMaker.3",),
    title="Notebooks give nobody root",
    why="Root removes the agents that watch the notebook, and reads what others left on it.",
    remediation="Set root_access 'Disabled'.",
)
def notebook_root_denied(notebook: Resource) -> Findings:
    """Judge root access, which SageMaker gives unless told otherwise."""
    root = notebook.props["rootAccess"]
    if root.text() != "Disabled":
        yield root.refuse("users of the notebook are root", allowed="Disabled")


@resource_rule(
    "bulkhead-sagemaker-join-network",
    types=frozenset({DOMAIN, MODEL, TRAINING_JOB}),
    severity=Severity.HIGH,
    requirements=("NET-2", "TRN-1"),
    frameworks=("GenAI Lens GENSEC01-BP02",),
    title="Models, training jobs and studios run in the VPC",
    why="Outside the VPC neither flow logs nor endpoint policies see where a dataset goes.",
    remediation="Set vpc_config on models and jobs, and app_network_access_type 'VpcOnly' on "
    "domains.",
)
def network_joined(resource: Resource) -> Findings:
    """Judge where the resource's containers stand."""
    if resource.type == DOMAIN:
        access = resource.props["appNetworkAccessType"]
        if access.text() != "VpcOnly":
            yield access.refuse("studios reach the internet directly", allowed="VpcOnly")
    elif not resource.props["vpcConfig"].is_set:
        yield resource.props["vpcConfig"].refuse("outside the VPC", allowed="a vpcConfig")


@resource_rule(
    "bulkhead-sagemaker-isolate-containers",
    types=frozenset({MODEL, TRAINING_JOB}),
    severity=Severity.HIGH,
    requirements=("ISO-2", "INF-5"),
    frameworks=("FSBP SageMaker.5", "ATLAS AML.M0032"),
    title="Containers of models and training jobs reach no network",
    why="A model's code comes from elsewhere; without a network it has nowhere to send prompts, "
    "weights or credentials.",
    remediation="Set enable_network_isolation; SageMaker still brings data in and out.",
)
def containers_isolated(resource: Resource) -> Findings:
    """Judge network isolation."""
    isolated = resource.props["enableNetworkIsolation"]
    if not isolated.flag():
        yield isolated.refuse("the container reaches the network", allowed="true")


@resource_rule(
    "bulkhead-sagemaker-encrypt-traffic",
    types=frozenset({TRAINING_JOB}),
    severity=Severity.MEDIUM,
    requirements=("TRN-1",),
    frameworks=("ATLAS AML.M0012",),
    title="Nodes of a training job speak in cipher",
    why="Gradients that cross the network tell what they were computed from.",
    remediation="Set enable_inter_container_traffic_encryption where a job has several instances.",
)
def training_traffic_encrypted(job: Resource) -> Findings:
    """Judge jobs with more than one instance above tier internal."""
    if not job.tier_rules.keys.customer_managed:
        return
    encrypted = job.props["enableInterContainerTrafficEncryption"]
    instances = job.props.at("resourceConfig", "instanceCount").number() or 1
    if instances > 1 and not encrypted.flag():
        yield encrypted.refuse(f"nodes of a job {job.of_tier} speak in the clear", allowed="true")


@resource_rule(
    "bulkhead-sagemaker-bound-training",
    types=frozenset({TRAINING_JOB}),
    severity=Severity.MEDIUM,
    requirements=("TRN-3",),
    frameworks=("OWASP LLM10",),
    title="Training jobs end",
    why="A job that hangs on eight GPUs is paid for until somebody looks.",
    remediation="Lower stopping_condition.max_runtime_in_seconds, and resume from checkpoints.",
    options=(HOURS,),
)
def training_bounded(job: Resource) -> Findings:
    """Judge the longest time; SageMaker stops after a day unless told otherwise."""
    runtime = job.props.at("stoppingCondition", "maxRuntimeInSeconds")
    hours = job.settings[HOURS]
    if (runtime.number() or DEFAULT_RUNTIME) > hours * SECONDS_PER_HOUR:
        yield runtime.refuse("the job may run too long", allowed=f"{hours} hours or fewer")


@resource_rule(
    "bulkhead-sagemaker-keep-checkpoints",
    types=frozenset({TRAINING_JOB}),
    severity=Severity.LOW,
    requirements=("TRN-1", "MOD-1"),
    title="Training on spot capacity keeps checkpoints",
    why="Spot instances are taken away with two minutes' notice, and the work of days with them.",
    remediation="Set checkpoint_config.s3_uri.",
)
def spot_checkpointed(job: Resource) -> Findings:
    """Judge jobs that run on spot capacity."""
    where = job.props.at("checkpointConfig", "s3Uri")
    if job.props["enableManagedSpotTraining"].flag() and not where.is_named:
        yield where.refuse("spot training without checkpoints", allowed="an S3 URI")


@resource_rule(
    "bulkhead-sagemaker-capture-nothing",
    types=frozenset({ENDPOINT_CONFIGURATION}),
    severity=Severity.HIGH,
    requirements=("OBS-1", "INF-2"),
    frameworks=("OWASP LLM02",),
    title="Endpoints of tiers that log no payloads capture none",
    why="Data capture writes prompts and answers to a bucket, outside of every redaction.",
    remediation="Leave data_capture_config.enable_capture off.",
)
def nothing_captured(configuration: Resource) -> Findings:
    """Judge data capture where the tier never lets payloads be logged."""
    capture = configuration.props.at("dataCaptureConfig", "enableCapture")
    if not configuration.tier_rules.logs.payloads_by_opt_in and capture.flag():
        yield capture.refuse(
            f"prompts and answers {configuration.of_tier} are kept", allowed="false"
        )


@resource_rule(
    "bulkhead-sagemaker-deploy-approved",
    types=frozenset({MODEL}),
    severity=Severity.HIGH,
    requirements=("MOD-2", "INF-5"),
    frameworks=("GenAI Lens GENREL04-BP02", "ATLAS AML.M0014", "OWASP LLM03"),
    title="Production runs models of the registry",
    why="A model that is named by its file was approved by nobody, and nobody knows on what it was "
    "trained.",
    remediation="Name the approved version in model_package_name, without model_data_url.",
)
def approved_deployed(model: Resource) -> Findings:
    """Judge each container in production."""
    if model.environment is Environment.PROD:
        props = model.props
        single = [props["primaryContainer"]] if props["primaryContainer"].is_set else []
        yield from each([*single, *props["containers"].items()], _of_the_registry)


def _of_the_registry(container: View) -> Findings:
    package = container["modelPackageName"]
    if not package.is_named:
        yield package.refuse("a model that is not of the registry", allowed="a model package")


@resource_rule(
    "bulkhead-sagemaker-approve-cards",
    types=frozenset({"aws:sagemaker/modelCard:ModelCard"}),
    severity=Severity.MEDIUM,
    requirements=("MOD-1", "MOD-2"),
    frameworks=("GenAI Lens GENREL04-BP02",),
    title="Model cards of production are approved",
    why="A draft says what somebody means to find out about a model, and not what holds.",
    remediation="Have the card reviewed, and set model_card_status 'Approved'.",
)
def cards_approved(card: Resource) -> Findings:
    """Judge the card's status in production."""
    status = card.props["modelCardStatus"]
    if card.environment is Environment.PROD and status.text() != "Approved":
        yield status.refuse("the card is not approved", allowed="Approved")


@resource_rule(
    "bulkhead-sagemaker-limit-instances",
    types=frozenset({ENDPOINT_CONFIGURATION, TRAINING_JOB}),
    severity=Severity.MEDIUM,
    requirements=("COST-4", "INF-6"),
    frameworks=("OWASP LLM10",),
    title="Endpoints and training jobs stay below the environment's ceiling",
    why="What an autoscaler may start, a flood of prompts will start.",
    remediation="Lower the number of instances, or raise the ceiling in the pack's configuration.",
    options=(NODES,),
)
def instances_limited(resource: Resource) -> Findings:
    """Judge the most instances of a job or of each variant of an endpoint."""
    if resource.environment is None:
        return
    ceiling = resource.settings[NODES][resource.environment]
    if resource.type == TRAINING_JOB:
        sizes = [resource.props.at("resourceConfig", "instanceCount")]
    else:
        sizes = [
            variant.at(*path)
            for variant in resource.props["productionVariants"].items()
            for path in (("initialInstanceCount",), ("managedInstanceScaling", "maxInstanceCount"))
        ]
    yield from each(sizes, lambda size: _below(size, ceiling))


def _below(size: View, ceiling: int) -> Findings:
    if (size.number() or 0) > ceiling:
        yield size.refuse("too many instances", allowed=f"{ceiling} or fewer")
