"""The entry form over HTTP, as a browser without scripts uses it: open, fill in, press a button."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html


class EntryClient:
    """A browser without scripts: it keeps cookies, and sends what stands in the form it was shown last."""

    def __init__(self, address: str, **options: Any) -> None:
        self.http = httpx.Client(base_url=address, timeout=30, follow_redirects=True, **options)
        self.status, self.address = 0, httpx.URL(address)
        self.page = html.fromstring("<html></html>")

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def open(self, path: str, **parameters: str) -> None:
        """Go to an address."""
        self._show(self.http.get(urljoin(str(self.address), path), params=parameters or None))

    def press(self, button: str, **texts: str) -> None:
        """Fill in fields (of `data.parties.0.party`: `parties_0_party`, of an own one `own_reason`) and press a button."""
        form = self.page.get_element_by_id("entry")
        values = dict(form.form_values())
        values |= {_name(name): text for name, text in texts.items()}
        buttons = [*form.iter("button"), *self.page.xpath("//button[@form='entry']")]
        pressed = next(one for one in buttons if " ".join(one.text_content().split()) == button)
        if pressed.get("name"):
            values[pressed.get("name")] = pressed.get("value", "")
        address = urljoin(str(self.address), pressed.get("formaction") or form.get("action"))
        self._show(self.http.post(address, data=values))

    def follow(self, link: str) -> None:
        """Follow a link of the page, by its words."""
        self.open(next(one for one in self.page.iter("a") if one.text_content().strip() == link).get("href"))

    def errors(self) -> dict[str, str]:
        """What is said to be wrong, by the name of the field."""
        return {
            one.get("id").removesuffix("-error"): one.text_content()
            for one in self.page.find_class("error")
            if one.get("id")
        }

    def value(self, name: str) -> str:
        """What stands in a field of the form; a line break behind <textarea> is none of its text."""
        return str(self.page.get_element_by_id("entry").fields[name]).removeprefix("\n")

    @property
    def text(self) -> str:
        """The words of the page's content, with single spaces."""
        return " ".join(" ".join(self.page.get_element_by_id("main").itertext()).split())

    def _show(self, answer: httpx.Response) -> None:
        self.status, self.address = answer.status_code, answer.url
        self.page = html.fromstring(answer.text)


def _name(name: str) -> str:
    if name in ("subject", "source", "url", "pasted", "grade", "new"):
        return name
    prefix, _, rest = name.partition("_")
    if prefix == "own":
        return f"own.{rest}"
    return f"data.{name.replace('__', '.')}"
