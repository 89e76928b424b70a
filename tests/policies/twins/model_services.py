from tests.policies.parts import ACCOUNT, KEY_ARN, role_arn, tags
from tests.policies.scenes import UNKNOWN, Declared, Twins

VPC = {"securityGroupIds": ["sg-1"], "subnets": ["subnet-1"]}
NOTEBOOK = Declared(
    "aws:sagemaker/notebookInstance:NotebookInstance",
    {
        "instanceType": "ml.t3.medium",
        "roleArn": role_arn("notebook"),
        "subnetId": "subnet-1",
        "securityGroups": ["sg-1"],
        "directInternetAccess": "Disabled",
        "rootAccess": "Disabled",
        "kmsKeyId": KEY_ARN,
        "tags": tags(),
    },
)
DOMAIN = Declared(
    "aws:sagemaker/domain:Domain",
    {
        "domainName": "research",
        "authMode": "IAM",
        "vpcId": "vpc-1",
        "subnetIds": ["subnet-1"],
        "defaultUserSettings": {"executionRole": role_arn("studio")},
        "appNetworkAccessType": "VpcOnly",
        "kmsKeyId": KEY_ARN,
        "tags": tags(),
    },
)
PACKAGE = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package/summaries/3"
MODEL = Declared(
    "aws:sagemaker/model:Model",
    {
        "executionRoleArn": role_arn("model"),
        "primaryContainer": {"modelPackageName": PACKAGE},
        "enableNetworkIsolation": True,
        "vpcConfig": VPC,
        "tags": tags(environment="prod"),
    },
)
JOB = Declared(
    "aws:sagemaker/trainingJob:TrainingJob",
    {
        "trainingJobName": "summaries-3",
        "roleArn": role_arn("training"),
        "resourceConfig": {"instanceCount": 2, "instanceType": "ml.g5.xlarge", "volumeSizeInGb": 9},
        "stoppingCondition": {"maxRuntimeInSeconds": 7200},
        "checkpointConfig": {"s3Uri": "s3://checkpoints/summaries"},
        "enableManagedSpotTraining": True,
        "enableInterContainerTrafficEncryption": True,
        "enableNetworkIsolation": True,
        "vpcConfig": VPC,
        "tags": tags("confidential"),
    },
)
CONFIGURATION = Declared(
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    {
        "productionVariants": [
            {
                "modelName": "summaries",
                "instanceType": "ml.g5.xlarge",
                "initialInstanceCount": 1,
                "managedInstanceScaling": {"status": "ENABLED", "maxInstanceCount": 4},
            }
        ],
        "tags": tags("confidential"),
    },
)
CAPTURE = {
    "enableCapture": True,
    "destinationS3Uri": "s3://captured",
    "initialSamplingPercentage": 10,
    "captureOptions": [{"captureMode": "Input"}],
}
CARD = Declared(
    "aws:sagemaker/modelCard:ModelCard",
    {
        "modelCardName": "summaries",
        "content": "{}",
        "modelCardStatus": "Approved",
        "securityConfig": {"kmsKeyId": KEY_ARN},
        "tags": tags(environment="prod"),
    },
)

TWINS = {
    "bulkhead-sagemaker-hide-notebooks": Twins(
        good=(NOTEBOOK,),
        bad=(NOTEBOOK.without("directInternetAccess"),),
        unknown=(NOTEBOOK.but("directInternetAccess", UNKNOWN),),
        settled=(NOTEBOOK.but("subnetId", UNKNOWN),),
        more_bad={"outside": (NOTEBOOK.without("subnetId"),)},
    ),
    "bulkhead-sagemaker-deny-root": Twins(
        good=(NOTEBOOK,),
        bad=(NOTEBOOK.without("rootAccess"),),
        unknown=(NOTEBOOK.but("rootAccess", UNKNOWN),),
    ),
    "bulkhead-sagemaker-join-network": Twins(
        good=(DOMAIN,),
        bad=(DOMAIN.but("appNetworkAccessType", "PublicInternetOnly"),),
        unknown=(DOMAIN.but("appNetworkAccessType", UNKNOWN),),
        settled=(MODEL.but("vpcConfig", UNKNOWN),),
        more_bad={
            "by default": (DOMAIN.without("appNetworkAccessType"),),
            "model": (MODEL.without("vpcConfig"),),
            "job": (JOB.without("vpcConfig"),),
        },
    ),
    "bulkhead-sagemaker-isolate-containers": Twins(
        good=(MODEL,),
        bad=(MODEL.without("enableNetworkIsolation"),),
        unknown=(MODEL.but("enableNetworkIsolation", UNKNOWN),),
        more_bad={"job": (JOB.but("enableNetworkIsolation", False),)},
    ),
    "bulkhead-sagemaker-encrypt-traffic": Twins(
        good=(JOB,),
        bad=(JOB.without("enableInterContainerTrafficEncryption"),),
        unknown=(JOB.but("enableInterContainerTrafficEncryption", UNKNOWN),),
        more_good={
            "one node": (
                JOB.but("resourceConfig/instanceCount", 1).but(
                    "enableInterContainerTrafficEncryption", False
                ),
            ),
            "tier internal": (
                JOB.but("tags", tags()).but("enableInterContainerTrafficEncryption", False),
            ),
        },
    ),
    "bulkhead-sagemaker-bound-training": Twins(
        good=(JOB,),
        bad=(JOB.but("stoppingCondition/maxRuntimeInSeconds", 432_001),),
        unknown=(JOB.but("stoppingCondition/maxRuntimeInSeconds", UNKNOWN),),
        more_good={
            "by default": (JOB.without("stoppingCondition"),),
            "five days": (JOB.but("stoppingCondition/maxRuntimeInSeconds", 432_000),),
        },
    ),
    "bulkhead-sagemaker-keep-checkpoints": Twins(
        good=(JOB,),
        bad=(JOB.without("checkpointConfig"),),
        settled=(JOB.but("checkpointConfig/s3Uri", UNKNOWN),),
        more_good={
            "on demand": (JOB.without("checkpointConfig").but("enableManagedSpotTraining", False),)
        },
    ),
    "bulkhead-sagemaker-capture-nothing": Twins(
        good=(CONFIGURATION,),
        bad=(CONFIGURATION.but("dataCaptureConfig", CAPTURE),),
        unknown=(CONFIGURATION.but("dataCaptureConfig", {**CAPTURE, "enableCapture": UNKNOWN}),),
        more_good={
            "tier internal": (CONFIGURATION.but("dataCaptureConfig", CAPTURE).but("tags", tags()),),
            "off": (CONFIGURATION.but("dataCaptureConfig", {**CAPTURE, "enableCapture": False}),),
        },
    ),
    "bulkhead-sagemaker-deploy-approved": Twins(
        good=(MODEL,),
        bad=(MODEL.but("primaryContainer", {"image": "i", "modelDataUrl": "s3://b/model.tar.gz"}),),
        settled=(MODEL.but("primaryContainer/modelPackageName", UNKNOWN),),
        more_good={
            "dev": (MODEL.but("primaryContainer", {"image": "i"}).but("tags", tags()),),
            "several": (
                MODEL.without("primaryContainer").but("containers", [{"modelPackageName": "p/1"}]),
            ),
        },
        more_bad={
            "one of several": (MODEL.but("containers", [{"image": "i"}]),),
        },
    ),
    "bulkhead-sagemaker-approve-cards": Twins(
        good=(CARD,),
        bad=(CARD.but("modelCardStatus", "Draft"),),
        unknown=(CARD.but("modelCardStatus", UNKNOWN),),
        more_good={"dev": (CARD.but("modelCardStatus", "Draft").but("tags", tags()),)},
    ),
    "bulkhead-sagemaker-limit-instances": Twins(
        good=(CONFIGURATION,),
        bad=(CONFIGURATION.but("productionVariants/0/initialInstanceCount", 11),),
        unknown=(CONFIGURATION.but("productionVariants/0/initialInstanceCount", UNKNOWN),),
        more_good={"at the ceiling": (JOB.but("resourceConfig/instanceCount", 10),)},
        more_bad={
            "may grow": (
                CONFIGURATION.but(
                    "productionVariants/0/managedInstanceScaling/maxInstanceCount", 11
                ),
            ),
            "job": (JOB.but("resourceConfig/instanceCount", 11),),
        },
    ),
}
