"""Helpers for testing handlers and processes: a pytest plugin and the embedded engine."""
