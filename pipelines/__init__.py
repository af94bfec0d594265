"""Pipelines to copy, and what their steps call. See docs/gitops.md."""
