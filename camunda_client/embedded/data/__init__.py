"""What an engine keeps of its life in a directory: a log of its commands, and snapshots of its state."""
