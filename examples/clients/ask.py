"""Asks a running Headgate over MCP why the slowest sample application is slow.

Needs the package mcp. Usage: python ask.py [http://127.0.0.1:8000]
"""

import asyncio
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def ask(session: ClientSession, name: str, arguments: dict) -> dict:
    """Calls a tool, prints the first lines of the text that a model would read, and returns the structured result."""
    result = await session.call_tool(name, arguments)
    print(f"\n{name}")
    print("\n".join(result.content[0].text.splitlines()[:6]))
    if result.isError:
        raise SystemExit(f"{name} failed")
    return result.structuredContent


async def main(url: str) -> None:
    async with streamablehttp_client(f"{url}/mcp") as (read, write, _):
        async with ClientSession(read, write) as session:
            await session.initialize()
            print(len((await session.list_tools()).tools), "tools")
            listed = await ask(session, "list_applications", {"limit": 20})
            table = listed["applications"]
            rows = [dict(zip(table["columns"], row)) for row in table["rows"]]
            slowest = max(rows, key=lambda row: row["duration_ms"] or 0)
            await ask(session, "get_job_bottlenecks", {"app_id": slowest["app_id"]})


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
