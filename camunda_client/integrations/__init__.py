"""Hooks for libraries that keep something for each request, so that each job counts as one.

Each module is small and does one thing; ``auto`` installs those whose library the application has imported. Packages
add their own by an entry point of the group ``camunda_client.job_hooks``: a function without arguments that registers
hooks.
"""
