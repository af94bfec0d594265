"""Dynamic providers: what changes the real system, one a file. Module paths here are state ABI (docs/abi.md)."""
