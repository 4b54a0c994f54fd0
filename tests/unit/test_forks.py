"""Forked processes: no lock that a thread of the parent holds keeps them waiting."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import pytest

from hubspot_batch_read import HubSpot, RateLimit
from hubspot_batch_read.sending.limiter import Limiter
from hubspot_batch_read_api import AuthenticatedClient
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.models import AssociationInput, AssociationRequest
from hubspot_batch_read_api.types import Lock
from tests.unit.forks import FORKS, succeeds_in_child
from tests.unit.servers import Answer, Request, serve

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]

TOKEN = "pat-na1-0123456789abcdef"
STATING = {
    "x-hubspot-ratelimit-max": "100000",
    "x-hubspot-ratelimit-interval-milliseconds": "10000",
}


@pytest.fixture(autouse=True, scope="module")
def _all_is_imported() -> None:
    """Read once: Python does not free a module in a child that a thread imports at the fork."""
    with serve(answer) as url, HubSpot(TOKEN, base_url=url) as hubspot:
        hubspot.read_associations("0-1", "0-2", ["1"]).all()


def answer(request: Request) -> Answer:
    rows = [{"from": {"id": each["id"]}, "to": []} for each in json.loads(request.body)["inputs"]]
    return Answer(200, STATING, json.dumps({"results": rows}).encode())


def body() -> AssociationRequest:
    return AssociationRequest(inputs=[AssociationInput(id="1")])


@contextmanager
def held(hold: Callable[[threading.Event, threading.Event], object]) -> Iterator[None]:
    """Let another thread hold something: it sets the first event, and waits for the other."""
    holds, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold, args=[holds, done])
    thread.start()
    assert holds.wait(30)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_lock_held_at_a_fork_is_free_in_the_child_alone() -> None:
    lock = Lock()

    def hold(holds: threading.Event, done: threading.Event) -> None:
        with lock:
            holds.set()
            done.wait(30)

    def use() -> None:
        with lock:
            pass

    with held(hold):
        assert succeeds_in_child(use)
        assert lock._lock.locked()
    assert not lock._lock.locked()


def test_a_thread_that_forks_with_a_lock_releases_it_twice() -> None:
    lock = Lock()
    with lock:
        child = os.fork()
    if not child:
        os._exit(int(lock._lock.locked()))
    assert os.waitpid(child, 0)[1] == 0
    assert not lock._lock.locked()


def test_a_token_asked_for_at_a_fork_holds_up_no_child() -> None:
    events: list[threading.Event] = []

    def token() -> str:
        if threading.current_thread() is not threading.main_thread():
            holds, done = events
            holds.set()
            done.wait(30)
        return TOKEN

    with serve(answer) as url, AuthenticatedClient(token, url) as client:

        def ask(*given: threading.Event) -> None:
            events.extend(given)
            read_associations.sync("0-1", "0-2", client=client, body=body())

        with held(ask):
            assert succeeds_in_child(ask)


def test_a_limiter_used_at_a_fork_holds_up_no_child() -> None:
    limiter = Limiter(RateLimit(10**6, per=1))

    def hold(holds: threading.Event, done: threading.Event) -> None:
        with limiter._taking, limiter._lock:
            holds.set()
            done.wait(30)

    def use() -> None:
        limiter.take(60)
        limiter.learn({})

    with held(hold):
        assert succeeds_in_child(use)


def test_processes_forked_under_load_all_end() -> None:
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            hubspot.read_associations("0-1", "0-2", range(2000)).all()

    def use() -> None:
        assert len(hubspot.read_associations("0-1", "0-2", range(2000)).all()) == 2000

    with serve(answer) as url, HubSpot(lambda: TOKEN, base_url=url) as hubspot:
        use()  # Python itself does not free a module in a child that a thread imports at the fork
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            assert all(succeeds_in_child(use) for _ in range(FORKS))
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def test_a_loop_that_a_child_inherits_goes_on_there() -> None:
    with serve(answer) as url, HubSpot(TOKEN, base_url=url) as hubspot:
        records = iter(hubspot.read_associations("0-1", "0-2", range(9000)))
        assert len(list(islice(records, 10))) == 10

        def go_on() -> None:
            assert len(list(records)) == 8990

        assert succeeds_in_child(go_on)
        assert len(list(records)) == 8990


def test_a_client_that_a_child_inherits_can_be_closed_there() -> None:
    with serve(answer) as url, HubSpot(TOKEN, base_url=url) as hubspot:
        records = iter(hubspot.read_associations("0-1", "0-2", range(9000)))
        next(records)
        assert succeeds_in_child(hubspot.close)
        assert len(list(records)) == 8999
