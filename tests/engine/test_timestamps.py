"""The moments that somebody may say, and the streams that they may mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccsync.engine.streams import BEGINNING, CONTACTS, STREAMS
from ccsync.engine.timestamps import chosen, past
from ccsync.errors import UsageError

NOW = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)


def test_a_moment_in_the_past_is_taken_as_it_is() -> None:
    assert [past(moment, NOW) for moment in (NOW, BEGINNING)] == [NOW, BEGINNING]


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (NOW + timedelta(seconds=1), "in_the_future"),
        (BEGINNING - timedelta(seconds=1), "before_the_beginning"),
    ],
)
def test_what_nothing_can_have_been_read_up_to_is_refused_with_a_way_on(moment: datetime, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        past(moment, NOW)
    assert refused.value.code == code
    assert refused.value.hint.startswith("ccsync timestamp ")


def test_a_stream_is_meant_by_its_name_else_all_of_a_direction() -> None:
    assert chosen({CONTACTS}, None, STREAMS) == STREAMS
    assert chosen({CONTACTS}, CONTACTS, STREAMS) == (CONTACTS,)
    with pytest.raises(UsageError, match="there is no stream 'contacts'"):
        chosen({CONTACTS}, "contacts", STREAMS)
    with pytest.raises(UsageError, match="has not been read"):
        chosen({CONTACTS}, "membrain.prospects", STREAMS)
