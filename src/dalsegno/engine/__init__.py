"""Executes plans, and carries on where a process died. Contract: it never decides on its own. What it does equals the plan
and the plan's expansions by the planner's own function.
"""
