import pulumi
import pulumi_aws as aws

config = pulumi.Config()
team = config.require_object("team")
for member in team["members"]:
    aws.iam.User(f"{team['name']}-{member}", tags={"owner": config.require("owner")})
aws.ssm.Parameter("token", type="SecureString", value=config.require_secret("token"))
aws.ssm.Parameter("gpu", type="String", value=str(team["quotas"]["gpu"]))

pulumi.export("region", pulumi.Config("aws").require("region"))
pulumi.export("size", config.require_int("size"))
pulumi.export("strict", config.get_bool("strict"))
pulumi.export("ratio", config.get_float("ratio"))
pulumi.export("missing", config.get("missing", "fallback"))
pulumi.export("database", config.require_secret_object("database"))
pulumi.export("where", f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}")
