"""The offline preview: runs a Pulumi program in process, with no CLI, plugins or account."""
