"""A stack goes on with what it was started with; a new one takes containers where an Engine answers."""

from pathlib import Path

import pytest

from runtimes.choice import choose, choose_extras, load, remembered, remembered_extras
from stack.errors import IotctlError
from stack.paths import StatePaths


def nobody() -> bool:
    raise AssertionError("the Engine is not to be asked")


@pytest.mark.parametrize(("engine", "chosen"), [(True, "docker"), (False, "native")])
def test_a_new_stack_takes_what_is_here(engine: bool, chosen: str) -> None:
    assert choose("", "", lambda: engine) == chosen


@pytest.mark.parametrize("word", ["native", "docker"])
def test_what_is_asked_for_counts_for_a_new_stack_and_what_is_remembered_for_an_old_one(word: str) -> None:
    assert choose(word, "", nobody) == word
    assert choose("", word, nobody) == word
    assert choose(word, word, nobody) == word


@pytest.mark.parametrize(("asked", "held"), [("docker", "native"), ("native", "docker")])
def test_another_runtime_than_the_state_folder_s_is_refused_with_the_way_to_move(asked: str, held: str) -> None:
    with pytest.raises(IotctlError, match=f"holds a stack of RUNTIME={held}") as refused:
        choose(asked, held, nobody)
    assert "make backup" in refused.value.remedy
    assert f"RUNTIME={asked}" in refused.value.remedy


def test_another_word_is_refused() -> None:
    with pytest.raises(IotctlError, match="RUNTIME=podman is unknown"):
        choose("podman", "", nobody)


def test_a_state_folder_from_before_it_was_written_down_is_native(tmp_path: Path) -> None:
    state = StatePaths(tmp_path)
    assert remembered(state) == ""
    state.data.mkdir()
    assert remembered(state) == "native"
    state.runtime.write_text("docker\n")
    assert remembered(state) == "docker"


def test_what_a_stack_has_beside_the_rest_is_remembered_until_something_else_is_asked_for() -> None:
    assert choose_extras("", "") == ()
    assert choose_extras("thrift", "") == ("thrift",)
    assert choose_extras("", "thrift") == ("thrift",)
    assert choose_extras("thrift,thrift", "thrift") == ("thrift",)
    assert choose_extras("thrift,trino", "") == ("thrift", "trino")
    assert choose_extras("none", "thrift") == ()


def test_an_unknown_extra_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(IotctlError, match="WITH=impala is unknown") as refused:
        choose_extras("thrift,impala", "")
    assert "thrift, trino, prometheus, none" in refused.value.remedy


def test_the_state_folder_says_what_programs_the_stack_consists_of(tmp_path: Path) -> None:
    outer = {"STATE_DIR": str(tmp_path), "RUNTIME": "native"}
    state = StatePaths(tmp_path)
    assert remembered_extras(state) == ""
    assert "thrift-server" not in [program.name for program in load(outer).programs]
    state.extras.write_text("thrift\n")
    assert load(outer).extras == ("thrift",)
    assert [program.name for program in load(outer).programs][-1] == "thrift-server"
    assert "thrift-server" not in [program.name for program in load({**outer, "WITH": "none"}).programs]


def test_what_is_asked_for_adds_a_file_to_a_stack_of_containers(tmp_path: Path) -> None:
    outer = {"STATE_DIR": str(tmp_path), "RUNTIME": "docker"}
    assert load(outer).extras == ()
    asked = load({**outer, "WITH": "prometheus,trino"})
    assert [program.name for program in asked.programs][-2:] == ["prometheus", "trino"]


def test_what_only_has_a_container_is_refused_without(tmp_path: Path) -> None:
    with pytest.raises(IotctlError, match="WITH=prometheus needs a stack of containers") as refused:
        load({"STATE_DIR": str(tmp_path), "RUNTIME": "native", "WITH": "thrift,prometheus"})
    assert "RUNTIME=docker" in refused.value.remedy
