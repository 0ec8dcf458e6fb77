"""Drills: what is lost, broken or cut off on purpose, and how it comes back. `make drill` runs them.

What gets data back takes the fixture `drill`, to which it says what was lost and what came back; faults are
recorded as rows of `report`. The tables at the end are made of both. To add a drill: a file here.
"""
