"""Tables of what query-api lists, and its errors."""

import pytest

from iotctl import people, query_api
from stack.errors import IotctlError
from stack.settings import load


def test_a_list_is_shown_with_what_is_missing_marked() -> None:
    row = dict.fromkeys(people.SENSOR_COLUMNS, None) | {"sensor_id": "SENSOR_001", "last_value": 21.5}
    table = people.table_of([row], people.SENSOR_COLUMNS)
    shown = [cell for column in table.columns for cell in column.cells]
    assert (shown[0], shown.count("-")) == ("SENSOR_001", 6)


def test_what_speaks_for_an_alert_is_shown_where_anything_does() -> None:
    assert "inhibited_by" not in people.alert_columns([{"inhibited_by": None}])
    assert people.alert_columns([{"inhibited_by": None}, {"inhibited_by": "x"}])[2] == "inhibited_by"


def test_a_service_that_is_away_is_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_api, "load", lambda: load({"QUERY_API_PORT": "1", "PORT_OFFSET": "0"}))
    with pytest.raises(IotctlError, match="does not answer"):
        query_api.ask("/v1/alerts")
