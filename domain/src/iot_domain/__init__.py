"""Pure logic that knows sensors and that several services need: what a message, a time, a file of readings means."""
