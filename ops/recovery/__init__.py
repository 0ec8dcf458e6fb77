"""Getting data back: the table as it was at a time, objects as they were then, and what is backed up."""
