"""`simulator serve`."""

from simulator.commands.options import ConfigFile, settings_of


def serve(config: ConfigFile = None) -> None:
    """Run the simulator's service: the fleet, its control API, health and metrics."""
    from service_kit.server import serve as serve_app
    from simulator.app import create_app

    settings = settings_of(config)
    serve_app("simulator", lambda: create_app(settings), settings)
