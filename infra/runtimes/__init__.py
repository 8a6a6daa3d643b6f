"""What a stack runs on: processes of this machine (native), or containers."""
