"""The dashboard service: the page, live values by WebSocket, history through query-api."""
