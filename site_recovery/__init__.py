"""The only room that speaks to Azure Site Recovery."""
