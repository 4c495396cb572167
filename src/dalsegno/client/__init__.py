"""One Client. Contract: it knows the service's use cases and nothing below them."""
