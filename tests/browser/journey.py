"""Driving the site as the real people do, and what must hold on every page they see."""

import json
from pathlib import Path

from django.conf import settings
from django.test import Client

from tests.procurement.test_pages import sign_in

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "public sector flex 2007"
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# what the focused control says, and whether it looks different from when it is not focused
FOCUSED = """() => {
  const on = document.activeElement, looks = () => [on, on.nextElementSibling].filter(Boolean).map(each =>
    ['', '::before', '::after'].map(part => { const s = getComputedStyle(each, part || null);
      return [s.outline, s.boxShadow, s.backgroundColor, s.borderColor].join() }).join()).join();
  const words = (on.labels && on.labels.length ? on.labels[0].innerText : on.innerText || on.ariaLabel || '').trim();
  const focused = looks(); on.blur(); const plain = looks(); on.focus();
  return { words, marked: focused !== plain };
}"""

# choices whose own box is hidden while no drawn one follows (axe does not look for that)
UNSEEN = """() => [...document.querySelectorAll('input[type=checkbox], input[type=radio]')].filter(choice =>
  getComputedStyle(choice).opacity === '0' && (!choice.nextElementSibling ||
    getComputedStyle(choice.nextElementSibling, '::before').content === 'none')).map(choice => choice.name)"""
# rows that stand as blocks on a narrow screen, and are wider than what shows them
CUT_OFF = """() => [...document.querySelectorAll('.flex-scroll:has(> .flex-stacks)')].filter(each =>
  each.scrollWidth > each.clientWidth).map(each => each.innerText.slice(0, 80))"""

# a page without its words: what axe judges is each element, how it is styled, where it stands, and what of its words,
# names and values is there at all. Two that are the same in this are the same to it, and one of them is enough; so is
# one of the rows of a table from the second on.
BUILD = """() => {
  const shown = element => [element.tagName,
    [...element.attributes].map(({ name, value }) => name + '=' + (/^(class|style|role|type|for|id|lang|aria-.*)$/.test(name) ?
      value.replace(/\\d+/g, '0') : !!value.trim())),
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())].join(' ');
  const places = new Map();
  const place = element => {
    if (!element) return '';
    if (!places.has(element)) places.set(element, place(element.parentElement) + '>' + shown(element));
    return places.get(element);
  };
  const found = [...document.querySelectorAll('*')].map(element =>
    place(element) + (element.previousElementSibling ? ' after ' + shown(element.previousElementSibling) : ''));
  return [...new Set(found)].sort().join();
}"""
# every way in which words stand on a page: their colour, size and weight, and what is behind them
CONTRAST = """() => {
  const behind = element => {
    const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
    const plain = backgroundColor === 'rgba(0, 0, 0, 0)' && backgroundImage === 'none' && opacity === '1';
    return (plain ? '' : [backgroundColor, backgroundImage, opacity].join()) + (element.parentElement ? behind(element.parentElement) : '');
  };
  const says = element => /^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(element.tagName) ||
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  return [...new Set([...document.querySelectorAll('body, body *')].filter(says).map(element => {
    const { color, fontSize, fontWeight, textShadow, position } = getComputedStyle(element);
    return [color, fontSize, fontWeight, textShadow, position, behind(element)].join();
  }))];
}"""
checked: set[tuple[int, str]] = set()
legible: set[str] = set()


class Visitor:
    """One person in a browser of their own, signed in: whoever ``types`` does it by the form. Every page they look at is
    checked at both widths."""

    def __init__(self, chromium, address, email=None, pictures=None, script=True, types=False):
        self.address, self.email, self.pictures, self.script = address, email, pictures, script
        self.context = chromium.new_context(
            viewport={"width": 1200, "height": 900}, bypass_csp=False, java_script_enabled=script
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        if email and types:
            self.go("/")
            self.fill("Email address", email)
            self.fill("Password", PASSWORD)
            self.press("Sign in")
        elif email:  # as if it had been some days ago: the form, and what it costs a machine, is tested with those who type
            name = settings.SESSION_COOKIE_NAME
            value = sign_in(Client(), email).cookies[name].value
            self.context.add_cookies([{"name": name, "value": value, "url": address, "httpOnly": True, "sameSite": "Lax"}])
            self.go("/")

    def go(self, path):
        answer = self.page.goto(path if path.startswith("http") else self.address + path)
        if answer.status in (403, 404):  # the browser says so on its console too
            self.said = [words for words in self.said if f"the server responded with a status of {answer.status}" not in words]
        return answer.status

    def fill(self, label, value, exact=False):
        self.page.get_by_label(label, exact=exact).first.fill(value)

    def press(self, name, *, refused=False):
        """Press a button; a problem on the next page fails unless it is what is tried."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).first.click()
        problems = self.page.locator(".govuk-error-summary")
        assert bool(problems.count()) == refused, problems.all_inner_texts()

    def follow(self, name, exact=False):
        with self.page.expect_navigation():
            link = self.page.get_by_role("link", name=name, exact=exact)
            link.or_(self.page.locator("a[role=button]", has_text=name)).first.click()

    def sign(self, document, button, name):
        """From home to the document that waits for this signatory, and sign it, after a fresh sign-in where one is asked."""
        self.follow(document)
        self.follow(button)
        if "Sign in again" in self.heading():
            self.fill("Password", PASSWORD)
            self.press("Continue")
        self.look(f"sign-{name}")
        self.page.get_by_label("I have read the document").check()
        self.press("Sign")

    def paste(self, cell, text):
        """What was copied in another program, by the keys."""
        program = self.context.new_page()
        program.set_content("<textarea></textarea>")
        program.locator("textarea").fill(text)
        program.keyboard.press("Control+A")
        program.keyboard.press("Control+C")
        program.close()
        self.page.bring_to_front()
        self.page.locator(cell).focus()
        self.page.keyboard.press("Control+V")

    def tab_to(self, words, key):
        """Walk to the control that says this, each stop on the way in sight and marked, and press the key."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUSED)
            assert stop["marked"], f"nothing shows that the focus is on {stop['words']!r} at {self.page.url}"
            if stop["words"].startswith(words):
                break
        else:
            raise AssertionError(f"the tabulator never comes to {words!r} at {self.page.url}")
        if key == "Enter":
            with self.page.expect_navigation():
                self.page.keyboard.press(key)
        else:
            self.page.keyboard.press(key)

    def choose(self, label):
        self.page.get_by_label(label, exact=True).first.check()

    def text(self):
        return self.page.inner_text("main")

    def heading(self):
        return self.page.inner_text("h1")

    def look(self, name):
        """axe without a violation and nothing wider than the screen, at 1200 and 320 px; no word on the console. Of who
        has no script the pages are those that others look at."""
        if not self.script:
            return
        assert self.said == [], (name, self.said)
        assert self.page.evaluate(UNSEEN) == [], f"{name}: nobody sees these to choose them"
        for width in (1200, 320):
            self.page.set_viewport_size({"width": width, "height": 900})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide at {width}"
            assert width > 320 or self.page.evaluate(CUT_OFF) == [], f"{name}: what is stacked is cut off at {width}"
            build = (width, self.page.evaluate(BUILD))
            if build not in checked:
                found = self._axe()
                assert found == [], f"{name} at {width}: {json.dumps(found, indent=1)[:3000]}"
                checked.add(build)
            if self.pictures:
                self.page.screenshot(path=str(self.pictures / f"{name}-{width}.png"), full_page=True)
        self.page.set_viewport_size({"width": 1200, "height": 900})

    def _axe(self):
        # evaluated by the debugger, so the page's strict policy stays as it is
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        ways = set(self.page.evaluate(CONTRAST))
        judged = {"color-contrast": {"enabled": not ways <= legible}}  # half of the time, and mostly of the same few ways
        result = self.page.evaluate(
            "([tags, rules]) => axe.run(document, {runOnly: {type: 'tag', values: tags}, rules, resultTypes: ['violations'], "
            "selectors: false, ancestry: false, xpath: false, preload: false})", [TAGS, judged]
        )  # fmt: skip
        if not result["violations"]:
            legible.update(ways)
        return [
            {"rule": v["id"], "what": v["help"], "where": [n["html"][:160] for n in v["nodes"][:3]]}
            for v in result["violations"]
        ]

    def close(self):
        self.context.close()
