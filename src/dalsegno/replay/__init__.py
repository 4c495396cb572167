"""The heart: what a replay request means, and the plan that comes of it.

Contract: pure functions on `model` alone. Whatever must be looked up (items of a loop, missing artifacts) is asked through
a function that is passed in. One function decides the children of a group (`decide.Decider.expand`); the planner calls it as
far as all is known, the engine for the rest.
"""
