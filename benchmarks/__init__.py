"""Benchmarks: previews compared with bare Pulumi programs in the same run."""
