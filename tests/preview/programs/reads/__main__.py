import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc.get("network", "vpc-0abc")
subnet = aws.ec2.Subnet("new", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
unborn = aws.ec2.Subnet.get("unborn", subnet.id)
other = pulumi.StackReference("acme/network/prod")

pulumi.export("vpc", vpc.id)
pulumi.export("vpc_arn", vpc.arn)
pulumi.export("unborn", unborn.arn)
pulumi.export("zone", other.get_output("zone"))
