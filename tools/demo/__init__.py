"""``make demo``: one VM to Azure and back, as a user would type it, against the simulator."""
