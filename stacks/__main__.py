import sys
from importlib import import_module
from pathlib import Path

import pulumi

# Pulumi runs this folder as a program; its modules are imported as the package that it is.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bulkhead.domain.errors import RefusedError
from stacks.layers import find_layer

try:
    layer = find_layer(pulumi.get_stack())
    import_module(f"stacks.{layer.name}").deploy(layer.environment)
except RefusedError as error:
    raise pulumi.RunError(str(error)) from None
