#!/usr/bin/env python3
"""The page of lenet_serve in headless Chromium: a digit that is drawn with the pointer is read while it is drawn, at the
sizes of phones, upright and on their sides, and of a desktop, in light and dark.
Usage: lenet_serve_page_test.py BUILD [FOLDER FOR SCREENSHOTS]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SCREENS = {"phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
           "phone on its side": {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True},
           "small phone": {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True},
           "small phone on its side": {"viewport": {"width": 568, "height": 320}, "has_touch": True, "is_mobile": True},
           "desktop": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}}
SEVEN = [(0.25, 0.2), (0.5, 0.19), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]


def python_with_playwright():
    """The first interpreter that has it, or None."""
    for candidate in [os.environ.get("LENET_PYTHON"), sys.executable, ROOT / ".venv/bin/python", "/usr/bin/python3"]:
        if candidate and pathlib.Path(candidate).exists():
            if subprocess.run([candidate, "-c", "import playwright"], capture_output=True).returncode == 0:
                return str(candidate)
    return None


def check(condition, message):
    if not condition:
        sys.exit(f"lenet_serve_page_test: {message}")


def wait_for(page, expression):
    """Waits until it is true. The page's policy forbids the browser's own waiting, which evaluates text in the page."""
    deadline = time.monotonic() + 30
    while not page.evaluate(expression):
        check(time.monotonic() < deadline, f"never came true: {expression}")
        time.sleep(0.02)


def probabilities(page):
    return page.evaluate("[...document.querySelectorAll('.percent')].map((cell) => cell.textContent)")


def seen_ink(page):
    return page.evaluate("document.getElementById('seen').getContext('2d').getImageData(0, 0, 28, 28).data"
                         ".reduce((sum, value, i) => (i % 4 ? sum : sum + value), 0)")


def draw(page, points, has_touch):
    """A stroke of real pointer events: of a finger by the protocol of the browser, or of the mouse."""
    box = page.locator("#paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    if not has_touch:
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=8)
        page.mouse.up()
        return
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": places[0][0], "y": places[0][1]}]})
    for (x0, y0), (x1, y1) in zip(places, places[1:]):
        for step in range(1, 9):
            x, y = x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def use_page(page, url, name, has_touch, pictures):
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(url)
    wait_for(page, "document.getElementById('model').textContent !== ''")
    check(seen_ink(page) == 0 and not any(probabilities(page)), f"{name}: an empty page shows a prediction")

    draw(page, SEVEN, has_touch)
    wait_for(page, "document.querySelectorAll('#bars .best').length === 1")
    total = sum(float(re.sub("[^0-9.]", "", text)) for text in probabilities(page))
    check(99 < total < 101, f"{name}: the probabilities are {probabilities(page)}")
    check(seen_ink(page) > 5000, f"{name}: the network sees nothing")
    check(page.evaluate("scrollX === 0 && scrollY === 0"), f"{name}: drawing scrolled the page")
    check(page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: the page is too wide")
    check(page.evaluate("document.documentElement.scrollHeight <= innerHeight"), f"{name}: the page is too high")
    check(page.evaluate("[...document.querySelectorAll('.percent')].every((cell) => cell.scrollWidth <= cell.clientWidth)"),
          f"{name}: a probability is wider than its column")
    if pictures:
        page.screenshot(path=str(pictures / f"serve-{name}.png"))

    page.locator("#undo").click()
    wait_for(page, "document.querySelectorAll('#bars .best').length === 0")
    page.locator("#paper").focus()
    for key in [" "] + ["ArrowDown"] * 14 + [" "]:
        page.keyboard.press(key)
    wait_for(page, "document.querySelectorAll('#bars .best').length === 1")
    page.keyboard.press("Escape")
    wait_for(page, "document.querySelectorAll('#bars .best').length === 0")

    page.locator("#file").set_input_files(str(ROOT / "tests/package/seven.jpg"))
    wait_for(page, "document.querySelectorAll('#bars .best').length === 1")
    page.locator("#file").set_input_files(str(pathlib.Path(__file__)))
    wait_for(page, "document.getElementById('message').textContent.includes('picture: is no')")
    # The browser reports the refused picture itself; nothing else may go wrong.
    check(all("422" in fault for fault in faults), f"{name}: {faults}")


def main():
    from playwright.sync_api import sync_playwright
    programs = pathlib.Path(sys.argv[1]).resolve() / "bin"
    pictures = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([programs / "lenet_data", "synthesize", "--out", "digits", "--train", "2000", "--test", "100"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([programs / "lenet_train", "--model", "mlp", "--steps", "60", "--validation", "500", "--data",
                        "digits", "--device", "cpu", "--out", "run", "--quiet"], cwd=folder, check=True)
        server = subprocess.Popen([programs / "lenet_serve", "run", "--port", "0", "--device", "cpu"], cwd=folder,
                                  stdout=subprocess.PIPE, text=True)
        try:
            server.stdout.readline()
            url = server.stdout.readline().removeprefix("Listening on ").strip()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                for name, screen in SCREENS.items():
                    use_page(browser.new_context(**screen).new_page(), url, name, "has_touch" in screen, pictures)
                browser.close()
        finally:
            server.terminate()
            server.wait()
    check(server.returncode == 143, f"the server ended with {server.returncode}")


if __name__ == "__main__":
    python = python_with_playwright()
    if not CHROMIUM or not python:
        print(f"LENET_SKIPPED: {'no python3 has playwright' if CHROMIUM else 'chromium is not installed'}")
    elif python != sys.executable:
        os.execv(python, [python, *sys.argv])
    else:
        main()
