"""What the tools' gateway and sandboxes agree on."""

TOOL_GATEWAY = "tools"
"""Name of the Gateway in front of tools."""

TOOL_PORT = 8443
"""Where its proxies listen, inside the cluster only."""

TOOL_PROXIES = {"gateway.envoyproxy.io/owning-gateway-name": TOOL_GATEWAY}
"""Labels of its proxies, which Envoy Gateway sets."""
