"""Azure Site Recovery and its neighbours on loopback."""
