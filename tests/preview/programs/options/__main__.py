import pulumi
import pulumi_aws as aws
from pulumi import CustomTimeouts, ResourceOptions

first = aws.sns.Topic("first")
second = aws.sns.Topic("second")
aws.sns.Topic(
    "all",
    tags={"a": "b"},
    opts=ResourceOptions(
        depends_on=[first],
        ignore_changes=["tags", "display_name"],
        replace_on_changes=["name"],
        protect=True,
        delete_before_replace=True,
        retain_on_delete=True,
        deleted_with=first,
        replace_with=[second],
        replacement_trigger=pulumi.Output.secret("hunter2"),
        additional_secret_outputs=["arn"],
        custom_timeouts=CustomTimeouts(create="5m"),
        hide_diffs=["tags"],
        version="7.0.0",
        plugin_download_url="https://example.com/plugins",
    ),
)
aws.sns.Topic("adopted", opts=ResourceOptions(import_="arn:aws:sns:eu-west-1:1:adopted"))
aws.Provider("mapped", opts=ResourceOptions(env_var_mappings={"MY_REGION": "AWS_REGION"}))


class Vault(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions):
        super().__init__("vault:index:Vault", name, None, opts)
        child = ResourceOptions(parent=self)
        aws.sns.Topic(f"{name}-handed-down", opts=child)
        own = ResourceOptions(protect=False, retain_on_delete=False)
        aws.sns.Topic(f"{name}-own", opts=ResourceOptions.merge(child, own))


Vault("vault", ResourceOptions(protect=True, retain_on_delete=True, deleted_with=first))
