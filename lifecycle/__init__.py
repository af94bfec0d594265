"""Pure domain: stages, planner, impact, requirements. No input or output."""
