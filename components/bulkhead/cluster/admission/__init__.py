"""Admission rules: what the API server refuses in tenants' namespaces, whoever asks (POL-2)."""
