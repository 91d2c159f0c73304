"""The letter as a page, which is the e-mail too, and as a text for Slack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from martech.alerts.messages import slack_escaped
from martech.letters.changes import Figure
from martech.letters.declared import LetterPlan
from martech.letters.letter import Letter
from martech.letters.wording import changed, heights, percent, sparkline, written
from martech.reports.templates import templates_of

TEMPLATES = templates_of(Path(__file__).parent)
TEMPLATES.filters |= {"changed": changed, "heights": heights, "percent": percent, "written": written}
# Parts of a change that Slack names; the page has more.
SLACK_PARTS = 3


def letter_html(letter: Letter, plan: LetterPlan, pages: Mapping[str, str]) -> str:
    """Return the letter as HTML that mail clients take: no script, no SVG, styles inline.

    :param letter: the letter.
    :param plan: what it was written by.
    :param pages: addresses of the dashboards by name.
    """
    return TEMPLATES.get_template("letter.html.j2").render(letter=letter, plan=plan, pages=pages).lstrip()


def letter_slack(letter: Letter, pages: Mapping[str, str], place: str) -> str:
    """Return the letter in Slack's mrkdwn.

    :param letter: the letter.
    :param pages: addresses of the dashboards by name.
    :param place: address of the letter's page.
    """
    lines = [f"*{letter.title}*", *(f":warning: {slack_escaped(note)}" for note in letter.notes)]
    if letter.advice:
        lines += ["", "*What to do*"]
        lines += [f"• {slack_escaped(advice.text)} {_link(pages[advice.page], 'Figures')}" for advice in letter.advice]
    lines += ["", "*What changed*", *(_figure(figure, letter.currency) for figure in letter.figures)]
    for change in letter.changes:
        unit, currency = change.metric.unit, letter.currency
        named = change.parts[:-1] if change.others else change.parts
        parts = [f"{slack_escaped(part.name)} {changed(part.effect, unit, currency)}" for part in named[:SLACK_PARTS]]
        head = f"*{change.metric.label} by {change.told.called}* {changed(change.difference, unit, currency)}"
        lines.append(f"{head}: {', '.join(parts)}")
    return "\n".join([*lines, "", _link(place, "The whole letter")])


def _figure(figure: Figure, currency: str) -> str:
    unit = figure.metric.unit
    change = percent(figure.share) or changed(figure.difference, unit, currency)
    parts = [change, *([figure.standing] if figure.standing else [])]
    now = written(figure.now, unit, currency)
    return f"`{sparkline(figure.weeks)}` {figure.metric.label} *{now}* ({', '.join(parts)})"


def _link(address: str, text: str) -> str:
    """Return a link; of an address that Slack takes for none the text with the address behind it."""
    return (
        f"<{slack_escaped(address)}|{text}>" if address.startswith("https://") else f"{text}: {slack_escaped(address)}"
    )
