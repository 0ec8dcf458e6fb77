"""Functions that react: to changes of the table, to events of mail, to errors, to the calendar."""
