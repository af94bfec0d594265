"""The plugin that stands in for pulumi-resource-azure-native on stacks of cloud simulator."""
