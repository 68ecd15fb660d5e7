"""What the renderer is measured against: a pool of Playwright workers, one new context and page per render.

Started by the example; reads one JSON order a line and answers with one JSON line:
{"pages": [paths], "full": bool, "boxes": bool, "js": bool} -> {"seconds": s, "elements": n, "pixels": n}
"""

import asyncio
import json
import sys
import time

from playwright.async_api import async_playwright

POOL = 4
VIEWPORT = {"width": 1280, "height": 720}


async def render(browser, path, order):
    context = await browser.new_context(viewport=VIEWPORT, java_script_enabled=order["js"])
    page = await context.new_page()
    try:
        await page.goto("file://" + path, wait_until="load", timeout=60000)
        png = await page.screenshot(full_page=order["full"])
        elements = 0
        if order["boxes"]:
            for element in await page.query_selector_all("*"):
                await element.bounding_box()
                elements += 1
        return elements, len(png)
    finally:
        await context.close()


async def serve(browser, order):
    pages = iter(order["pages"])
    elements, size = 0, 0

    async def work():
        nonlocal elements, size
        for path in pages:
            found, length = await render(browser, path, order)
            elements, size = elements + found, size + length

    start = time.monotonic()
    await asyncio.gather(*(work() for _ in range(POOL)))
    return {"seconds": time.monotonic() - start, "elements": elements, "bytes": size}


async def main(binary):
    async with async_playwright() as playwright:
        arguments = ["--host-resolver-rules=MAP * ~NOTFOUND"]
        browser = await playwright.chromium.launch(executable_path=binary, args=arguments)
        print(json.dumps({"ready": browser.version}), flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await serve(browser, json.loads(line))), flush=True)
        await browser.close()


asyncio.run(main(sys.argv[1]))
