"""What an operator can ask the job, by HTTP."""
