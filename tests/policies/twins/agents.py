from tests.policies.parts import ACCOUNT, role_arn
from tests.policies.scenes import UNKNOWN, Declared, Twins

LOGGING = Declared(
    "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration",
    {
        "loggingConfig": {
            "cloudwatchConfig": {"logGroupName": "bedrock", "roleArn": role_arn("bedrock")},
            "embeddingDataDeliveryEnabled": False,
            "imageDataDeliveryEnabled": False,
            "textDataDeliveryEnabled": False,
            "videoDataDeliveryEnabled": False,
        }
    },
)
AGENT = Declared(
    "aws:bedrock/agentAgent:AgentAgent",
    {
        "agentName": "helper",
        "agentResourceRoleArn": role_arn("agent"),
        "foundationModel": "anthropic.claude",
        "guardrailConfigurations": [{"guardrailIdentifier": "g-1", "guardrailVersion": "2"}],
    },
)
INTERPRETER = Declared(
    "aws:bedrock/agentcoreCodeInterpreter:AgentcoreCodeInterpreter",
    {"name": "python", "networkConfiguration": {"networkMode": "SANDBOX"}},
)
BROWSER = Declared(
    "aws:bedrock/agentcoreBrowser:AgentcoreBrowser",
    {
        "name": "browser",
        "networkConfiguration": {
            "networkMode": "VPC",
            "vpcConfig": {"securityGroups": ["sg-1"], "subnets": ["subnet-1"]},
        },
    },
)
GATEWAY = Declared(
    "aws:bedrock/agentcoreGateway:AgentcoreGateway",
    {
        "name": "tools",
        "roleArn": role_arn("tools"),
        "protocolType": "MCP",
        "authorizerType": "AWS_IAM",
        "policyEngineConfiguration": {
            "arn": f"arn:aws:bedrock-agentcore:eu-central-1:{ACCOUNT}:policy-engine/tools",
            "mode": "ENFORCE",
        },
    },
)
TEXT = "loggingConfig/textDataDeliveryEnabled"
MODE = "networkConfiguration/networkMode"

TWINS = {
    "bulkhead-bedrock-hide-prompts": Twins(
        good=(LOGGING,),
        bad=(LOGGING.but(TEXT, True),),
        unknown=(LOGGING.but(TEXT, UNKNOWN),),
        more_bad={
            "by default": (LOGGING.without(TEXT),),
            "pictures": (LOGGING.without("loggingConfig/imageDataDeliveryEnabled"),),
            "embeddings": (LOGGING.without("loggingConfig/embeddingDataDeliveryEnabled"),),
            "films": (LOGGING.without("loggingConfig/videoDataDeliveryEnabled"),),
        },
    ),
    "bulkhead-bedrock-guard-agents": Twins(
        good=(AGENT,),
        bad=(AGENT.without("guardrailConfigurations"),),
        unknown=(AGENT.but("guardrailConfigurations", UNKNOWN),),
        settled=(
            AGENT.but("guardrailConfigurations/0/guardrailIdentifier", UNKNOWN).but(
                "guardrailConfigurations/0/guardrailVersion", UNKNOWN
            ),
        ),
        more_bad={
            "a draft": (AGENT.but("guardrailConfigurations/0/guardrailVersion", "DRAFT"),),
        },
    ),
    "bulkhead-agentcore-bound-network": Twins(
        good=(INTERPRETER,),
        bad=(INTERPRETER.but(MODE, "PUBLIC"),),
        unknown=(INTERPRETER.but(MODE, UNKNOWN),),
        more_good={"in the VPC": (BROWSER,)},
        more_bad={"browser": (BROWSER.but(MODE, "PUBLIC"),)},
    ),
    "bulkhead-agentcore-authorize-callers": Twins(
        good=(GATEWAY,),
        bad=(GATEWAY.but("authorizerType", "NONE"),),
        unknown=(GATEWAY.but("authorizerType", UNKNOWN),),
        more_good={"token": (GATEWAY.but("authorizerType", "CUSTOM_JWT"),)},
    ),
    "bulkhead-agentcore-decide-calls": Twins(
        good=(GATEWAY,),
        bad=(GATEWAY.without("policyEngineConfiguration"),),
        unknown=(GATEWAY.but("policyEngineConfiguration/mode", UNKNOWN),),
        settled=(GATEWAY.but("policyEngineConfiguration/arn", UNKNOWN),),
        more_bad={"only logs": (GATEWAY.but("policyEngineConfiguration/mode", "LOG_ONLY"),)},
    ),
}
