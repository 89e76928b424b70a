"""Compartments for AI workloads on AWS and EKS."""
