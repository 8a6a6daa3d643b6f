"""What a stack is, whatever it runs on: settings, folders, passwords."""
