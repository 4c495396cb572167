"""Values and files that tasks leave behind, named by the digest of their content.

Contract: a blob is written to a temporary name and renamed, so that half of one is never visible; equal content is
stored once; nothing is changed after it is in place. The default is a local folder. The suite that every adapter passes
is `tests/conformance/artifacts`.
"""
