"""What the engine starts as a provider: ``launcher.py PORT PACKAGE`` gets one from ``provider.py``.

It says where that provider listens, as every plugin does, and stays until the engine ends it.
"""

import socket
import sys

port, package = sys.argv[1:3]
with socket.create_connection(("127.0.0.1", int(port))) as desk:
    desk.sendall(f"{package}\n".encode())
    sys.stdout.write(desk.makefile().readline())
    sys.stdout.flush()
    desk.recv(1)
