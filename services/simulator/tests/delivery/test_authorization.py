from pathlib import Path

import pytest

from simulator.delivery.authorization import authorization
from simulator.errors import ConfigurationError


def test_the_key_in_the_file_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("iot_1_secret\n")
    assert authorization(file) == {"Authorization": "Bearer iot_1_secret"}
    assert authorization(None) == {}


@pytest.mark.parametrize("content", [None, "", "\n", "two\nlines", "clé"])
def test_what_is_no_key_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match="key"):
        authorization(file)
