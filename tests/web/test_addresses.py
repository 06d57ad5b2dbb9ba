"""Addresses with a number in them: one that no row can have leads to a page that says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from zerek.base.permissions import Role


@pytest.mark.parametrize("number", [2**31, 99999999999999999999, "9" * 5000])
@pytest.mark.parametrize(
    "address",
    [
        "/courses/items/{}",
        "/kits/{}",
        "/kits/rooms/{}",
        "/kits/rooms/{}/state",
        "/notebooks/openings/{}",
        "/assignments/classes/{}",
    ],
)
def test_a_number_that_no_row_can_have_is_no_address(
    new_person: Callable[..., int], sign_in: Callable[[str], FlaskClient], address: str, number: object
) -> None:
    new_person("Сәуле", Role.OPERATOR)
    browser = sign_in("Сәуле")
    for asked in (address.format(number), address.format(2**31 - 1)):
        assert browser.get(asked).status_code == 404
    assert browser.post(f"/kits/{number}/stop").status_code == 404
