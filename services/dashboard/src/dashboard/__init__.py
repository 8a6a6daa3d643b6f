"""The dashboard service: the page, live values by WebSocket, history through query-api."""

__version__ = "0.1.0"
