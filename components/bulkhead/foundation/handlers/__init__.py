"""Programs that run in Lambda functions: the standard library and boto3 are all they have."""
