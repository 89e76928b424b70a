"""What tenants' pods run and read: images, models."""

from bulkhead.cluster.admission.pods import CHANGED, CONTAINERS, DEBUGGED, EVERY_POD
from bulkhead.cluster.admission.rule import AdmissionRule, Check, Match, annotation, text
from bulkhead.domain.admission import MODEL_LABEL, MODEL_PATH, REGISTRIES

_BELOW_MODELS = f"(m.mountPath + '/').startsWith({text(MODEL_PATH + '/')})"
_MODEL_VOLUMES = (
    f"variables.containers.map(c, c.?volumeMounts.orValue([]).filter(m, {_BELOW_MODELS})).flatten()"
)

_KNOWN = (
    "variables.registries.exists(r, i.startsWith(r) && "
    "i.substring(r.size(), r.size() + 1) in ['/', ':', '@'])"
)
"""A repository, or one below it, and none whose name only begins alike."""

IMAGES = (
    *CONTAINERS,
    (
        "images",
        "variables.containers.map(c, c.?image.orValue('')) + variables.spec.?volumes.orValue([])"
        ".filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))",
    ),
    ("registries", f"{annotation(REGISTRIES)}.split(' ').filter(r, r != '')"),
)

PIN_IMAGES = AdmissionRule(
    name="bulkhead-pod-pin-images",
    title="Pods run images by digest, from their tenant's registries",
    why="A tag is moved to another image after the review, and an image of a foreign registry was "
    "never reviewed.",
    requirements=("POL-2", "INF-5", "TRN-1"),
    frameworks=("CIS EKS 5.1.4", "ATLAS AML.M0014", "OWASP LLM03"),
    matches=(*EVERY_POD, DEBUGGED),
    conditions=CHANGED,
    variables=IMAGES,
    checks=(
        Check(
            "variables.images.all(i, i.matches('@sha256:[0-9a-f]{64}$'))",
            "an image is not named by its digest; allowed: <repository>@sha256:<64 hex digits>",
            given="variables.images.filter(i, !i.matches('@sha256:[0-9a-f]{64}$'))[0]",
        ),
        Check(
            f"variables.images.all(i, {_KNOWN})",
            "an image is of no registry of the tenant; allowed: those that the annotation "
            f"{REGISTRIES} of the namespace lists",
            given=f"variables.images.filter(i, !{_KNOWN})[0]",
        ),
    ),
)

PROTECT_MODELS = AdmissionRule(
    name="bulkhead-pod-protect-models",
    title="Model artifacts are mounted read-only",
    why="A server that can write its model is one exploit away from serving a poisoned one.",
    requirements=("POL-2", "ISO-3", "INF-5"),
    frameworks=("OWASP LLM04",),
    matches=(*EVERY_POD, DEBUGGED),
    conditions=CHANGED,
    variables=(*CONTAINERS, ("models", _MODEL_VOLUMES)),
    checks=(
        Check(
            "variables.models.all(m, m.?readOnly.orValue(false))",
            f"a volume is mounted below {MODEL_PATH} to be written; allowed: readOnly: true",
            given="variables.models.filter(m, !m.?readOnly.orValue(false))[0].name",
        ),
        Check(
            "variables.spec.?volumes.orValue([]).filter(v, variables.models.exists(m, m.name == "
            "v.name)).all(v, !has(v.persistentVolumeClaim) || "
            "v.persistentVolumeClaim.?readOnly.orValue(false))",
            f"a claim mounted below {MODEL_PATH} could be written; allowed: readOnly: true in "
            "persistentVolumeClaim",
        ),
        Check(
            "variables.containers.all(c, !has(c.volumeMounts) || c.volumeMounts.all(m, "
            "m.?readOnly.orValue(false) || !variables.models.exists(n, n.name == m.name)))",
            f"a volume of models is mounted elsewhere to be written; allowed: below {MODEL_PATH} "
            "with readOnly: true",
        ),
    ),
)

PROTECT_CLAIMS = AdmissionRule(
    name="bulkhead-claim-protect-models",
    title="Claims that hold a model are read by many and written by none",
    why="A claim that one pod may write is a way around the read-only mount of another.",
    requirements=("POL-2", "ISO-3", "INF-5"),
    matches=(Match("", ("persistentvolumeclaims",)),),
    checks=(
        Check(
            f"!({text(MODEL_LABEL)} in dyn(object).metadata.?labels.orValue({{}})) || "
            "object.spec.?accessModes.orValue([]).all(m, m == 'ReadOnlyMany')",
            f"a claim with the label {MODEL_LABEL} could be written; allowed: access mode "
            "ReadOnlyMany",
        ),
    ),
)
