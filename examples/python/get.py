#!/usr/bin/env python3
"""How to call an HTTP API that stands behind lastgood, with requests.

    get.py URL [--method POST] [--data TEXT] [--key IDEMPOTENCY_KEY]
           [--elsewhere URL] [--deadline SECONDS]

Prints the body and ends with 0. Otherwise says why on stderr and ends with
1 (gave up), 2 (called wrongly) or 3 (it may have been carried out).
"""
from __future__ import annotations

import argparse
import queue
import random
import re
import sys
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import ceil

import requests
from urllib3.exceptions import NewConnectionError

ACCEPT = "application/problem+json, application/json"
CONNECT_SECONDS = 5

# With these something in between says that it failed; others are an answer.
PASSING = {429, 502, 503, 504, 520, 521, 522, 523, 524}


@dataclass(eq=False)
class Failure(Exception):
    """An attempt that came to nothing, and what that allows."""

    title: str
    cause: str
    applied: str  # "no", or "unknown" if it may have been; a read changes nothing
    again: bool  # whether the same server may be asked the same once more
    retry_after: float | None = None  # when, in seconds
    final: bool = False  # the service itself said so: another would say the same
    status: int | None = None
    request_id: str | None = None

    @property
    def advice(self) -> str:
        if self.applied == "unknown":
            return "It may have been carried out: check before you send it again."
        if not self.again:
            return "Look into it before you send it again."
        when = f"in {ceil(self.retry_after)} seconds" if self.retry_after else "later"
        return f"Nothing was changed: you may send it again {when}."

    def __str__(self) -> str:
        known = [self.cause]
        if self.status:
            known.append(f"status {self.status}")
        if self.request_id:
            known.append(f"request {self.request_id}")
        return f"{self.title} ({', '.join(known)}).\n{self.advice}"


def call(url, method="GET", data=None, key=None, elsewhere=None, deadline=30) -> bytes:
    """The body of a good answer. Without one until the deadline, raises a Failure."""
    safe = method in ("GET", "HEAD")
    end = time.monotonic() + deadline
    failure = doubt = None
    for server in [url, elsewhere] if elsewhere else [url]:
        # The first of two may have half of the time.
        left = end - time.monotonic()
        until = end - left / 2 if elsewhere and failure is None else end
        pause = 1
        while True:
            # To stop waiting for a write would leave it in doubt.
            limit = max(0.001, (until if safe else end) - time.monotonic())
            try:
                return attempt(server, method, data, key, limit)
            except Failure as error:
                failure = error
            if failure.applied == "unknown":
                doubt = doubt or failure
            # All who were sent away together should not come back together.
            wait = (failure.retry_after or pause) * random.uniform(1, 1.25)
            if not failure.again or time.monotonic() + wait >= until:
                break
            time.sleep(wait)
            pause *= 2
        # Another server need not know the key, and cannot tell what this one did.
        if doubt or failure.final or time.monotonic() >= end:
            break
    raise doubt or failure


def attempt(url, method, data, key, limit) -> bytes:
    safe = method in ("GET", "HEAD")
    headers = {"Accept": ACCEPT}
    if data is not None:
        headers["Content-Type"] = "application/json"
    if key:
        headers["Idempotency-Key"] = key

    def exchange():
        answer = requests.request(
            method,
            url,
            headers=headers,
            data=None if data is None else data.encode(),
            # A failure after a redirect would say nothing about the write before it.
            allow_redirects=safe,
            timeout=(CONNECT_SECONDS, limit),
            stream=True,
        )
        body = answer.content
        # Older versions of requests take what broke off for the whole.
        declared = answer.headers.get("Content-Length", "")
        if method != "HEAD" and declared.isdigit() and answer.raw.tell() < int(declared):
            raise requests.exceptions.ChunkedEncodingError("the body broke off")
        return answer, body

    try:
        answer, body = within(limit, exchange)
    except requests.RequestException as error:
        raise without_answer(error, safe, key) from error
    if 200 <= answer.status_code < 300:
        return body
    raise from_answer(answer, safe, key)


def within(seconds, work):
    """What the work yields. The time-outs of requests are for each piece that
    comes, so one byte now and then would keep it busy for ever."""
    done = queue.Queue()

    def run():
        try:
            done.put((work(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = done.get(timeout=seconds)
    except queue.Empty:
        raise requests.Timeout("the time is up") from None
    if error:
        raise error
    return value


def without_answer(error, safe, key) -> Failure:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    refused = isinstance(reason, NewConnectionError)
    unsent = refused or isinstance(error, requests.ConnectTimeout)
    applied = "no" if safe or unsent else "unknown"
    title, cause = "The connection broke before an answer came", "network"
    if unsent:
        title = "There is no connection to the server"
    elif isinstance(error, requests.Timeout):
        title, cause = "No whole answer came in time", "timeout"
    elif isinstance(error, requests.exceptions.ChunkedEncodingError):
        title, cause = "The answer broke off in the middle", "truncated"
    return Failure(title, cause, applied, again=applied == "no" or bool(key))


def from_answer(answer, safe, key) -> Failure:
    said = problem_in(answer)
    status = answer.status_code
    facts = {
        "status": status,
        "request_id": said.get("request_id") or answer.headers.get("X-Request-Id"),
        "retry_after": seconds(answer.headers.get("Retry-After")),
    }
    if said:
        applied = "no" if safe or said.get("applied") == "no" else "unknown"
        again = said["retryable"] if applied == "no" else bool(key)
        return Failure(said["title"], said["cause"], applied, again, **facts)
    # The service's own error, or that of something in between that says no more.
    applied = "no" if safe or 400 <= status < 500 else "unknown"
    again = status in PASSING and (safe or bool(key))
    title = "The server answered with an error"
    return Failure(title, "unexplained", applied, again, final=not again, **facts)


def problem_in(answer) -> dict:
    """Problem details (RFC 9457), if it is lastgood that gives them."""
    kind = answer.headers.get("Content-Type", "")
    if not re.match(r"application/(problem\+)?json\b", kind, re.IGNORECASE):
        return {}
    try:
        said = answer.json()
    except ValueError:
        return {}
    if not isinstance(said, dict) or not isinstance(said.get("retryable"), bool):
        return {}
    texts = (said.get(name) for name in ("title", "cause", "request_id"))
    return said if all(isinstance(text, str) for text in texts) else {}


def seconds(value) -> float | None:
    """Retry-After is a number of seconds or a date."""
    if not value:
        return None
    if value.isdecimal():
        return max(1, int(value))
    try:
        return max(1, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def main() -> int:
    usage = argparse.ArgumentParser(description="Calls an API behind lastgood.")
    usage.add_argument("url")
    usage.add_argument("--method")
    usage.add_argument("--data")
    usage.add_argument("--key")
    usage.add_argument("--elsewhere")
    usage.add_argument("--deadline", type=float, default=30)
    asked = usage.parse_args()
    asked.method = asked.method or ("GET" if asked.data is None else "POST")
    urls = [asked.url, asked.elsewhere or asked.url]
    if not (
        all(re.match(r"https?://.", url) for url in urls)
        and re.fullmatch(r"[A-Z]+", asked.method)
        and not (asked.data is not None and asked.method in ("GET", "HEAD"))
        and re.fullmatch(r"[\x21-\x7e]+", asked.key or "none")
        and asked.deadline > 0
    ):
        usage.error("see the first lines of this file")
    try:
        sys.stdout.buffer.write(call(**vars(asked)))
        return 0
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 3 if failure.applied == "unknown" else 1


if __name__ == "__main__":
    sys.exit(main())
