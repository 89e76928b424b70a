"""Keys, network, identities and stores: what contains a breach."""
