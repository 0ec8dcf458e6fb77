"""Drills of disaster recovery: `make drill` loses things in a deployed dev and gets them back.

A drill is a test with the fixture `drill`, to which it says what was lost and what came back; the table at
the end is made of that. To add one: a file here.
"""
