"""The run time: process instances, what they wait for, and the commands that change them."""
