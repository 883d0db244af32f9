"""A real browser, started once a module, that can reach nothing but this machine."""

import importlib.util
import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
LOCAL = ("data", "blob", "file", "about", "chrome", "chrome-extension", "devtools")


def programs():
    """Return the paths of a browser and its driver, or the reason why not."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if browser is None:
        return None, "no chromium or chrome is installed"
    if driver is None:
        return None, "no chromedriver is installed"
    return (browser, driver), ""


class Browser:
    """What the tests ask of a browser, on top of selenium's driver."""

    def __init__(self, driver):
        self.driver = driver
        package = importlib.util.find_spec("axe_core_python")
        folder = Path(package.submodule_search_locations[0])
        self.axe = (folder / "axe.min.js").read_text(encoding="utf-8")

    def open(self, address, *, width=1280, height=900, scheme="light", motion=True):
        """Open an address in a window of this size and colour scheme."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        reduce = "no-preference" if motion else "reduce"
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": reduce},
        ]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": features}
        )
        self.driver.get("about:blank")  # what the page before still loads ends here,
        self.driver.get_log("performance")  # and what it asked for
        self.driver.get_log("browser")  # and wrote is forgotten
        self.driver.get(address)
        self.run("return document.fonts.ready.then(() => true)")

    def run(self, script, *arguments):
        """Run JavaScript in the page and return its value."""
        return self.driver.execute_script(script, *arguments)

    def requests(self):
        """Return the addresses asked for since the opening, local data apart."""
        addresses = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            parameters = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(parameters["request"]["url"])
            if message["method"] == "Network.webSocketCreated":
                addresses.append(parameters["url"])
        return [a for a in addresses if urlsplit(a).scheme not in LOCAL]

    def errors(self):
        """Return what the page wrote to its console as errors."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]

    def violations(self):
        """Return axe-core's findings as "rule: selector" texts."""
        self.run("document.getAnimations().forEach((each) => each.finish())")
        self.run(self.axe)
        self.driver.set_script_timeout(60)
        result = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations']}).then("
            "  (found) => done(found.violations),"
            "  (error) => done([{id: 'axe-failed', nodes: [{target: [`${error}`]}]}]));"
        )
        return [
            f"{rule['id']}: {' '.join(map(str, node['target']))}"
            for rule in result
            for node in rule["nodes"]
        ]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return a headless browser, or skip with the reason."""
    found, reason = programs()
    if found is None:
        pytest.skip(reason)
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium")
    service = pytest.importorskip("selenium.webdriver.chrome.service")
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability(
        "goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"}
    )
    driver = webdriver.Chrome(options=options, service=service.Service(found[1]))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
