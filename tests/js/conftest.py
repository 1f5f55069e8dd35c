"""The same browser and server as tests/browser."""

from tests.browser.conftest import camera_file, chromium, data, demo, server, sign_in

__all__ = ["camera_file", "chromium", "data", "demo", "server", "sign_in"]
