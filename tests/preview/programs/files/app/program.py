import os
import subprocess
import sys
from pathlib import Path

import greeting
import pulumi
import pulumi_aws as aws

print("to standard output")  # noqa: T201
subprocess.run([sys.executable, "-c", "print('from a process')"], check=True)
here = Path(__file__).parent
topic = aws.sns.Topic(Path("name.txt").read_text().strip(), name="fixed")
pulumi.export("cwd", os.path.basename(os.getcwd()))
pulumi.export("root", os.path.basename(pulumi.get_root_directory()))
pulumi.export("file", here == Path.cwd())
pulumi.export("applied", topic.name.apply(lambda _: Path("name.txt").read_text().strip()))
pulumi.export("greeting", greeting.WORDS)
pulumi.export("arguments", [os.path.basename(argument) for argument in sys.argv])
pulumi.export("main", __name__)
