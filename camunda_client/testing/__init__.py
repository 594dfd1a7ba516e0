"""Helpers for testing handlers and processes: a pytest plugin, the embedded engine, a real Camunda."""
