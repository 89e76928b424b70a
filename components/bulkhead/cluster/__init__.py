"""Private EKS clusters, their add-ons and node pools."""
