"""The metamorphic oracle: random flows, edits and requests, judged by an evaluator that knows nothing of replays."""
