"""What a tenant, a tier, an environment and a pattern are: pure Python, without Pulumi.

The tier catalogue is the one source of truth: components read it to build, policies to judge.
"""
