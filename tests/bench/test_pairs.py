"""Two checkouts are compared pair by pair."""

from bench.pairs import compared, fell_behind


def test_a_ratio_is_of_the_two_runs_of_one_pair() -> None:
    pairs = [({"rate": 100}, {"rate": 90}), ({"rate": 50}, {"rate": 50}), ({"rate": 200}, {"rate": 220})]
    assert compared(pairs) == {"rate": {"before": 100, "now": 90, "ratio": 1.0, "least": 0.9, "most": 1.1}}


def test_what_never_changes_or_is_no_number_is_not_compared() -> None:
    run = {"name": "live", "bar": 0.6, "client_fell_behind": False, "answers": {"202": 1}}
    assert compared([(run, run), (run, run)]) == {}


def test_a_figure_that_was_nothing_has_no_ratio() -> None:
    assert compared([({"missing": 0}, {"missing": 2})]) == {}
    assert compared([({"missing": 0}, {"missing": 2}), ({"missing": 1}, {"missing": 2})])["missing"]["ratio"] == 2


def test_a_figure_that_only_one_of_them_has_is_not_compared() -> None:
    assert compared([({"old": 1}, {"new": 1})]) == {}


def test_a_run_whose_client_fell_behind_is_reported() -> None:
    good, bad = {"client_fell_behind": False}, {"client_fell_behind": True}
    assert fell_behind([(good, good), (good, bad)])
    assert not fell_behind([(good, good), ({}, good)])
