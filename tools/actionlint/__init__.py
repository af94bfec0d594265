"""actionlint, which checks GitHub workflows: built once a machine from its Go module."""
