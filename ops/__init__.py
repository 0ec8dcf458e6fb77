"""The command line of the project: everything an engineer does besides `cdktf`."""
