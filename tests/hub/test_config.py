"""The Hub's configuration, looked at without a Hub."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from traitlets.config import Config

from zerek.hub import commands, homes
from zerek.hub.config import apply, single_user
from zerek.hub.spawner import cage_for
from zerek.settings import Settings


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    plain = Settings.from_environment({"ZEREK_DATA": str(tmp_path)})
    return replace(plain, port=8000, web_port=8001, hub_port=8002, proxy_api_port=8003)


def applied(settings: Settings) -> Config:
    config = Config()
    apply(config, settings)
    return config


def test_one_port_serves_the_lms_and_the_hub(here: Settings) -> None:
    config = applied(here)
    assert config.JupyterHub.bind_url == "http://127.0.0.1:8000/jupyter/"
    assert config.Proxy.extra_routes == {"/": "http://127.0.0.1:8001"}
    assert config.ConfigurableHTTPProxy.should_start is False
    for argv, env in (commands.proxy(here), commands.hub(here)):
        told = [*argv, *env.values()]  # read by everybody on the machine, and by children of children
        assert not any(secret in word for secret in here.secrets.values() for word in told)


def test_people_sign_in_through_the_lms_and_no_name_is_asked_for(here: Settings) -> None:
    oauth = applied(replace(here, public_url="https://lms.example")).GenericOAuthenticator
    assert oauth.authorize_url == "https://lms.example/openid/authorize"
    assert oauth.oauth_callback_url == "https://lms.example/jupyter/hub/oauth_callback"
    assert oauth.token_url == "http://127.0.0.1:8001/openid/token"
    assert (oauth.username_claim, oauth.scope, oauth.auto_login) == ("sub", ["openid", "groups"], True)


def test_the_workers_token_can_neither_make_users_nor_open_servers_itself(here: Settings) -> None:
    config = applied(here)
    roles = {role["name"]: role["scopes"] for role in config.JupyterHub.load_roles}
    assert roles["zerek"] == ["read:users", "servers", "tokens"]
    assert not any(scope.startswith("admin") for scopes in roles.values() for scope in scopes)


def test_inner_ports_stay_inside_when_the_school_opens_the_outer_one(here: Settings) -> None:
    config = applied(replace(here, host="0.0.0.0"))
    assert config.JupyterHub.hub_ip == "127.0.0.1"
    assert config.ConfigurableHTTPProxy.api_url == "http://127.0.0.1:8003"
    assert config.JupyterHub.bind_url == "http://0.0.0.0:8000/jupyter/"


def test_a_pupils_server_offers_no_terminal_no_news_and_no_extensions(here: Settings) -> None:
    told = single_user()
    assert told["ServerApp"]["terminals_enabled"] is False
    assert set(told["ServerApp"]["jpserver_extensions"].values()) == {False}
    assert told["LabApp"]["news_url"] is None
    assert told["KernelManager"]["transport"] == "ipc"


def test_a_pupils_cage_holds_the_own_home_and_two_ports(here: Settings) -> None:
    home = homes.home(here.data, "p7")
    cage = cage_for(home, here.data / "jupyter", "p7", 8002, 9000)
    assert cage.writable == (home,)
    assert cage.network is not None
    assert (cage.network.connect, cage.network.bind) == ((8002,), (9000,))
    assert home.stat().st_mode & 0o077 == 0
    assert not any(here.data == place or place in here.data.parents for place in cage.readable)


def test_two_pupils_are_two_users_of_the_system(here: Settings) -> None:
    assert homes.user_of("p7") != homes.user_of("p8")


@pytest.mark.parametrize(
    "key", ["", "p", "p0", "p07", "P7", "root", "p7/../p8", "p7\n", "../p7", "p" + "9" * 40]
)
def test_only_a_persons_key_names_a_home(here: Settings, key: str) -> None:
    with pytest.raises(ValueError, match="not a person's key"):
        homes.home(here.data, key)
