"""The only room that speaks to Azure Site Recovery; see connection.connect for the way in."""
