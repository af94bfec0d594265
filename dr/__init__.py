"""The command line beside Pulumi."""
