"""Who may do what, and where."""

import pytest

from zerek.base.errors import Forbidden, SignInNeeded
from zerek.base.permissions import (
    ANYONE,
    REGION,
    Actor,
    Grant,
    Place,
    Role,
    allow,
    class_place,
    may,
    require,
    school_place,
)

allow("test.look", Role.TEACHER, Role.OPERATOR)


def actor(role: Role, place: Place = REGION) -> Actor:
    return Actor(1, frozenset({Grant(role, place)}))


def test_a_role_counts_where_it_is_held() -> None:
    teacher = actor(Role.TEACHER, school_place(7))
    assert may(teacher, "test.look", school_place(7), class_place(3))
    assert not may(teacher, "test.look", school_place(8), class_place(7))


def test_a_role_in_the_region_counts_everywhere() -> None:
    assert may(actor(Role.OPERATOR), "test.look", class_place(3))


def test_a_stranger_is_asked_to_sign_in_and_a_pupil_is_refused() -> None:
    with pytest.raises(SignInNeeded):
        require(ANYONE, "test.look")
    with pytest.raises(Forbidden):
        require(actor(Role.PUPIL, class_place(3)), "test.look", class_place(3))


def test_a_permission_that_nobody_declared_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        may(actor(Role.OPERATOR), "test.unheard_of")
