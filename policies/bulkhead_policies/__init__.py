"""CrossGuard policies for AI workloads on AWS and EKS."""
