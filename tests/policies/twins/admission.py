from tests.policies.parts import workload
from tests.policies.scenes import UNKNOWN, Declared, Twins

GROUP = "kubernetes:admissionregistration.k8s.io"
WEBHOOK = Declared(
    f"{GROUP}/v1:ValidatingWebhookConfiguration",
    {
        "metadata": {"name": "models"},
        "webhooks": [
            {
                "name": "models.example",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "clientConfig": {"service": {"name": "models", "namespace": "platform"}},
                "failurePolicy": "Fail",
            }
        ],
    },
)
FORMER = WEBHOOK.as_type(f"{GROUP}/v1beta1:MutatingWebhookConfiguration")
POLICY = Declared(
    f"{GROUP}/v1:ValidatingAdmissionPolicy",
    {"metadata": {"name": "digests"}, "spec": {"validations": [{"expression": "true"}]}},
)
BINDING = Declared(
    f"{GROUP}/v1:ValidatingAdmissionPolicyBinding",
    {
        "metadata": {"name": "digests"},
        "spec": {"policyName": "digests", "validationActions": ["Deny", "Audit"]},
    },
)
IMAGES = workload(
    "policy.sigstore.dev/v1beta1:ClusterImagePolicy",
    {
        "mode": "enforce",
        "images": [{"glob": "**"}],
        "authorities": [
            {"key": {"kms": "awskms:///alias/signing"}},
            {"keyless": {"identities": [{"issuer": "https://idp.example", "subject": "ci"}]}},
        ],
    },
)

TWINS = {
    "bulkhead-admission-fail-closed": Twins(
        good=(WEBHOOK,),
        bad=(WEBHOOK.but("webhooks/0/failurePolicy", "Ignore"),),
        unknown=(WEBHOOK.but("webhooks/0/failurePolicy", UNKNOWN),),
        more_good={
            "by default": (WEBHOOK.without("webhooks/0/failurePolicy"),),
            "policy": (POLICY,),
            "former version": (FORMER,),
        },
        more_bad={
            "policy": (POLICY.but("spec/failurePolicy", "Ignore"),),
            "former default": (FORMER.without("webhooks/0/failurePolicy"),),
        },
    ),
    "bulkhead-admission-deny-violations": Twins(
        good=(BINDING,),
        bad=(BINDING.but("spec/validationActions", ["Warn", "Audit"]),),
        unknown=(BINDING.but("spec/validationActions", UNKNOWN),),
        more_bad={"none": (BINDING.but("spec/validationActions", []),)},
    ),
    "bulkhead-admission-verify-images": Twins(
        good=(IMAGES,),
        bad=(IMAGES.but("spec/mode", "warn"),),
        unknown=(IMAGES.but("spec/mode", UNKNOWN),),
        more_good={"by default": (IMAGES.without("spec/mode"),)},
        more_bad={
            "everything": (IMAGES.but("spec/authorities/0", {"static": {"action": "pass"}}),),
            "anybody": (IMAGES.but("spec/authorities/1/keyless", {"url": "https://ca.example"}),),
            "no log": (IMAGES.but("spec/authorities/1/keyless/insecureIgnoreSCT", True),),
        },
    ),
}
