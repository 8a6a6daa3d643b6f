"""Alerts in event time: compiled rules, a pure state machine, absence, backtests. Needs numpy."""
