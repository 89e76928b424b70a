import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions


class Shelf(pulumi.ComponentResource):
    def __init__(self, name: str, size: pulumi.Input[int], opts: ResourceOptions | None = None):
        super().__init__("library:index:Shelf", name, {"size": size}, opts)
        self.bucket = aws.s3.Bucket(f"{name}-books", opts=ResourceOptions(parent=self))
        self.versions = aws.s3.BucketVersioning(
            f"{name}-versions",
            bucket=self.bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=ResourceOptions(parent=self.bucket),
        )
        self.size: pulumi.Output[int]
        self.register_outputs({"books": self.bucket.arn})


class Room(pulumi.ComponentResource):
    def __init__(self, name: str, shelves: int, opts: ResourceOptions | None = None):
        super().__init__("library:index:Room", name, None, opts)
        child = ResourceOptions(parent=self)
        self.shelves = [Shelf(f"{name}-{i}", i, child) for i in range(shelves)]
        self.register_outputs({})


class Library(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions | None = None):
        super().__init__("library:index:Library", name, None, opts)
        self.key = aws.kms.Key(f"{name}-key", opts=ResourceOptions(parent=self))
        self.reading = Room(
            f"{name}-reading", 2, ResourceOptions(parent=self, depends_on=[self.key], protect=True)
        )


library = Library("city")
aws.ssm.Parameter(
    "catalogue",
    type="String",
    value=library.reading.shelves[1].bucket.arn,
    opts=ResourceOptions(depends_on=[library.reading]),
)
pulumi.export("second", library.reading.shelves[1].bucket.bucket)
pulumi.export("size", library.reading.shelves[1].size)
