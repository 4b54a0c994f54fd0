"""The runtime: what it may import, and the names that its classes show."""

from __future__ import annotations

import pickle
import subprocess
import sys
import traceback
from pkgutil import walk_packages

import pytest

import hubspot_batch_read_runtime
from hubspot_batch_read_api import errors
from hubspot_batch_read_api.errors import DecodeError
from hubspot_batch_read_api.models import ObjectId

MODULES = [
    each.name
    for each in walk_packages(
        hubspot_batch_read_runtime.__path__, f"{hubspot_batch_read_runtime.__name__}."
    )
]


def test_the_runtime_imports_nothing_of_what_stands_on_it() -> None:
    code = "import sys, importlib; [importlib.import_module(each) for each in sys.argv[1:]]"
    code += "; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code, *MODULES], check=True, capture_output=True, text=True
    )
    packages = {name.partition(".")[0] for name in run.stdout.split()}
    assert hubspot_batch_read_runtime.__name__ in packages
    assert not packages & {"hubspot_batch_read", "hubspot_batch_read_api"}


@pytest.mark.parametrize("name", errors.__all__)
def test_an_exception_is_shown_and_pickled_under_the_name_that_users_import(name: str) -> None:
    exception = getattr(errors, name)
    assert exception.__module__ == "hubspot_batch_read_api.errors"
    assert b"hubspot_batch_read_api.errors" in pickle.dumps(exception)
    assert pickle.loads(pickle.dumps(exception)) is exception


def test_a_traceback_has_the_public_name() -> None:
    with pytest.raises(DecodeError) as caught:
        ObjectId.from_dict({})
    lines = traceback.format_exception_only(caught.value)
    assert lines == ["hubspot_batch_read_api.errors.DecodeError: ObjectId: $.id: missing\n"]


def test_the_public_name_is_there_without_an_import_of_the_errors() -> None:
    code = "from hubspot_batch_read_api.models import ObjectId; ObjectId.from_dict({})"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "\nhubspot_batch_read_api.errors.DecodeError: ObjectId: $.id: missing\n" in run.stderr
