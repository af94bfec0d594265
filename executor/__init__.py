"""Carries a plan out, one re-observed step at a time. Knows nothing of Pulumi."""
