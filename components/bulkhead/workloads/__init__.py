"""What tenants have inside a cluster."""
