from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.api_keys import RateLimit
from service_kit.access.token_bucket import Bucket, Decision, acquire

LIMITS = st.builds(RateLimit, requests=st.integers(1, 50), window_s=st.integers(1, 100))
SIX_A_MINUTE = RateLimit(requests=6, window_s=60)


def told(decision: Decision) -> str:
    return dict(decision.headers())[b"ratelimit"].decode()


def test_an_unused_bucket_is_full() -> None:
    decision = acquire(None, SIX_A_MINUTE, 0)
    assert decision.granted
    assert decision.headers() == [(b"ratelimit-policy", b'"requests";q=6;w=60'), (b"ratelimit", b'"requests";r=5;t=10')]


def test_an_empty_bucket_says_when_the_next_request_may_come_and_refusals_cost_nothing() -> None:
    decision = acquire(Bucket(0.0, 0), SIX_A_MINUTE, 1)
    assert not decision.granted
    assert (decision.retry_after_s, told(decision)) == (9, '"requests";r=0;t=59')
    assert not acquire(decision.bucket, SIX_A_MINUTE, 9.9).granted
    assert acquire(decision.bucket, SIX_A_MINUTE, 10.1).granted


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    decision = acquire(Bucket(3.0, 100), SIX_A_MINUTE, 0)
    assert decision.bucket == Bucket(2.0, 0)


def test_a_lowered_limit_holds_at_once() -> None:
    assert acquire(Bucket(1000.0, 0), SIX_A_MINUTE, 0).bucket.tokens == 5


@given(
    pauses=st.lists(st.floats(0, 100), min_size=1, max_size=200),
    limit=LIMITS,
)
def test_never_more_than_the_bucket_and_what_has_flowed_in(pauses: list[float], limit: RateLimit) -> None:
    bucket, now_s, granted = None, 0.0, 0
    for pause in pauses:
        now_s += pause
        decision = acquire(bucket, limit, now_s)
        bucket, granted = decision.bucket, granted + decision.granted
        assert 0 <= bucket.tokens <= limit.requests
    assert granted <= limit.requests + (now_s - pauses[0]) * limit.requests / limit.window_s + 1e-6


@given(
    tokens=st.floats(0, 0.999), limit=st.builds(RateLimit, requests=st.integers(1, 50), window_s=st.integers(1, 100))
)
def test_who_waits_as_long_as_told_may_pass(tokens: float, limit: RateLimit) -> None:
    refused = acquire(Bucket(tokens, 0), limit, 0)
    assert acquire(refused.bucket, limit, refused.retry_after_s + 1e-6).granted
