"""The steps of the database: up, down, in agreement with the models, on whichever database the suite runs."""

import pytest
from sqlalchemy import Engine, inspect, text

from zerek import migrate
from zerek.base.errors import CannotStart


def test_models_and_migrations_agree(engine: Engine) -> None:
    assert migrate.differences(engine) == []


def test_every_step_can_be_taken_back_and_again(engine: Engine) -> None:
    migrate.downgrade(engine)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []


def test_a_database_of_a_newer_version_is_refused_and_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('from2031')"))
    with pytest.raises(CannotStart, match="newer version"):
        migrate.upgrade(engine)
