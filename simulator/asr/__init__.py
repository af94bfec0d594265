"""Azure Site Recovery itself: the Hyper-V site to Azure surface."""
