"""Composition root of the web process: `gunicorn app:app`."""

from onmeet import logs
from onmeet.config import Config
from onmeet.web.app import create_app

_config = Config.from_env()
logs.configure(_config.log_level, "web")
app = create_app(_config)
