"""What is configured: in the stack, or in the environment."""
