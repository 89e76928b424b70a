"""The isolation patterns, composed of the other rooms."""
