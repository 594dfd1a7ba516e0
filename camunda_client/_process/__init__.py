"""What a worker process and its parent, the command, know about each other, and how a process ends."""
