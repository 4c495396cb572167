"""What the tests of several packages share: small real implementations of the ports."""
