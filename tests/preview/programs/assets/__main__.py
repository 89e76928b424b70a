import mimetypes
from pathlib import Path

import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("site")
for file in sorted(Path("site").iterdir()):
    aws.s3.BucketObject(
        file.name,
        bucket=bucket.id,
        source=pulumi.FileAsset(file),
        content_type=mimetypes.guess_type(file)[0],
    )
aws.s3.BucketObject("robots", bucket=bucket.id, source=pulumi.StringAsset("User-agent: *"))
aws.s3.BucketObject(
    "logo", bucket=bucket.id, source=pulumi.RemoteAsset("https://example.com/logo.png")
)
role = aws.iam.Role("run", assume_role_policy="{}")
aws.lambda_.Function(
    "handler",
    role=role.arn,
    runtime="python3.13",
    handler="index.handle",
    code=pulumi.AssetArchive(
        {
            "handler": pulumi.FileArchive("handler"),
            "settings.json": pulumi.StringAsset('{"debug": false}'),
        }
    ),
)
aws.lambda_.Function(
    "whole",
    role=role.arn,
    runtime="python3.13",
    handler="index.handle",
    code=pulumi.FileArchive("./handler"),
)
aws.s3.BucketObject(
    "hidden", bucket=bucket.id, source=pulumi.Output.secret(pulumi.StringAsset("hunter2"))
)
