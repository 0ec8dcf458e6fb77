"""Getting data back: the table to a point in time, objects to the versions of a time, and what is backed up."""
