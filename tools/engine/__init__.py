"""Finds the Pulumi engine, or provides it. Standard library only: this runs before anything is installed."""
