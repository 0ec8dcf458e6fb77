"""Requests with a key in them are written down by nobody, whoever switched debugging on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_logged() -> Iterator[None]:
    """Meanwhile no logger logs (botocore's has the request's body), and http.client prints nothing."""
    from http.client import HTTPConnection

    before = logging.root.manager.disable, HTTPConnection.debuglevel
    logging.disable(logging.CRITICAL)
    HTTPConnection.debuglevel = 0
    try:
        yield
    finally:
        logging.disable(before[0])
        HTTPConnection.debuglevel = before[1]
