"""The platform of one environment, in three stacks that read each other."""
