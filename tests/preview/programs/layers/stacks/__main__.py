import json

import pulumi
import pulumi_aws as aws
from pulumi import Output

environment, _, layer = pulumi.get_stack().partition("-")
match layer:
    case "foundation":
        key = aws.kms.Key("key")
        table = aws.dynamodb.Table("table", hash_key="id", attributes=[{"name": "id", "type": "S"}])
        pulumi.export("key", key.arn)
        pulumi.export("tables", {"main": table.name, "all": [table.arn]})
        pulumi.export("password", Output.secret("hunter2"))
        pulumi.export("region", pulumi.Config("aws").require("region"))
    case "workloads":
        below = pulumi.StackReference(f"organization/layers/{environment}-foundation")
        bucket = aws.s3.Bucket("data")
        aws.s3.BucketServerSideEncryptionConfiguration(
            "encrypted",
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": below.require_output("key"),
                    }
                }
            ],
        )
        tables = below.require_output("tables")
        for name in json.loads(pulumi.Config().require("readers")):
            aws.iam.UserPolicy(
                name, user=name, policy=Output.json_dumps({"Resource": tables["all"][0]})
            )
        aws.ssm.Parameter("password", type="SecureString", value=below.require_output("password"))
        pulumi.export("missing", below.get_output("missing"))
        if pulumi.Config().get_bool("strict"):
            pulumi.export("required", below.require_output("missing"))
