"""The simulated floor: the same seed gives the same run, wheels go where arithmetic says, a wall is hard."""

import math

import pytest

from zerek_robotics.world import FARTHEST, World


def drive(world: World, left: float, right: float, seconds: float) -> World:
    world.left, world.right = left, right
    world.advance(seconds)
    world.left = world.right = 0.0
    world.advance(1.0)
    return world


def test_the_same_seed_gives_the_same_readings_and_another_seed_others() -> None:
    def readings(seed: int) -> list[float]:
        world = World(seed=seed)
        return [drive(world, 0.5, 0.4, 0.2).distance() for _ in range(5)]

    assert readings(7) == readings(7)
    assert readings(7) != readings(8)


def test_half_duty_for_two_seconds_is_forty_centimetres() -> None:
    world = drive(World(), 0.5, 0.5, 2.0)
    assert world.x == pytest.approx(40.0, abs=0.5)
    assert world.y == pytest.approx(0.0, abs=0.01)


def test_wheels_against_each_other_turn_on_the_spot() -> None:
    world = World()
    quarter = math.pi / 2 * world.chassis.track / 2 / (0.3 * world.chassis.full_speed)
    drive(world, -0.3, 0.3, quarter)
    assert math.degrees(world.heading) == pytest.approx(90, abs=2)
    assert (world.x, world.y) == (pytest.approx(0, abs=0.1), pytest.approx(0, abs=0.1))


def test_the_wall_cannot_be_driven_through_and_each_bump_counts_once() -> None:
    world = drive(World(wall=30.0), 1.0, 1.0, 3.0)
    assert world.x == pytest.approx(30.0 - world.chassis.front)
    assert world.bumps == 1
    drive(world, -0.5, -0.5, 0.5)
    drive(world, 1.0, 1.0, 3.0)
    assert world.bumps == 2


def test_the_sensor_sees_the_wall_ahead_with_a_little_noise_and_nothing_behind() -> None:
    world = World(wall=100.0)
    readings = [world.distance() for _ in range(200)]
    assert sum(readings) / 200 == pytest.approx(92.0, abs=0.1)
    assert 0.15 < max(readings) - min(readings) < 3.0
    world.heading = math.pi
    assert world.distance() == FARTHEST


def test_the_battery_runs_down_faster_while_driving() -> None:
    standing, driving = World(), World()
    standing.advance(60.0)
    drive(driving, 1.0, 1.0, 59.0)
    assert 6000 < driving.battery_mv < standing.battery_mv < 7400


def test_a_minute_of_the_world_takes_well_under_a_second() -> None:
    import time

    started = time.process_time()
    drive(World(), 0.5, 0.4, 59.0)
    assert time.process_time() - started < 0.3
