"""Asks a running Headgate over REST, with Python's own library alone, and prints what its error looks like.

Usage: python rest.py [http://127.0.0.1:8000]
"""

import json
import sys
import urllib.error
import urllib.request


def call(url: str, tool: str, arguments: dict) -> dict:
    """Posts the arguments of a tool. Errors are RFC 9457 problem documents with `code`, `detail` and `hint`."""
    request = urllib.request.Request(
        f"{url}/api/v1/tools/{tool}",
        data=json.dumps(arguments).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
overview = call(url, "get_fleet_overview", {"length": 3})
print(overview["runs"], "runs,", overview["core_hours"], "core-hours")
missing = call(url, "get_application", {"app_id": "no-such-application"})
print(missing["code"], "-", missing["detail"])
