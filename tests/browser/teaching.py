"""A learner of the teachers' course: what its items are, and how to go through them by clicks or by plain requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from playwright.sync_api import APIResponse, Page

from zerek.content import packages, shipped
from zerek.content.shapes import Course, Item, ItemKind, Question, QuestionKind

SLUG = "teaching-python"
WORK = "Қате 1. Оқушы range(1, 5) бес рет қайталанады деп ойлайды.\n\nҚате 2. Оқушы «=» пен «==» белгісін шатастырады."


def course() -> Course:
    """The shipped package itself: right answers are read from it, as nowhere else do they stand."""
    return packages.read(next(folder for folder in shipped.courses() if folder.name == SLUG))


def right_answer(question: Question, language: str = "kk") -> list[str]:
    """What a form sends for the right answer."""
    if question.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        return sorted(question.right_ids)
    if question.kind is QuestionKind.NUMBER:
        return [f"{question.answer:g}"]
    return [question.answers[language][0]]


@dataclass
class Learner:
    """Somebody who learns in this page; what takes long is sent as the page's own forms would send it."""

    page: Page

    @cached_property
    def name(self) -> str:
        return self.page.locator(".who summary").get_attribute("aria-label") or ""

    @cached_property
    def course(self) -> Course:
        return course()

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Item → its page, read off the course's page."""
        self.page.goto(f"/courses/{SLUG}")
        links = self.page.locator("ol.steps a.step").evaluate_all(
            "all => all.map(a => a.getAttribute('href'))"
        )
        return {item.id: link for item, link in zip(self.course.items, links, strict=True)}

    def open(self, item_id: str) -> None:
        self.page.goto(self.addresses[item_id])

    def post(self, address: str, *fields: tuple[str, str]) -> APIResponse:
        """Send a form of the page that is open now."""
        token = self.page.locator("meta[name=csrf-token]").get_attribute("content") or ""
        body = urlencode([("csrf_token", token), *fields])
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.page.request.post(address, data=body, headers=kind)
        assert answer.ok, f"{answer.status} {address}: {answer.text()[:2000]}"
        return answer

    def enrol(self) -> None:
        self.page.goto(f"/courses/{SLUG}")
        self.page.locator(".page-head form button").click()
        self.page.locator("progress").first.wait_for()

    def read(self, item: Item) -> None:
        self.post(f"{self.addresses[item.id]}/read")

    def take(self, item: Item) -> str:
        """The quiz with every answer right; returns the attempt's address."""
        assert item.quiz
        attempt = self.post(f"{self.addresses[item.id]}/attempts").url
        given = [("asked", question.id) for question in item.quiz.questions]
        for question in item.quiz.questions:
            given += [(f"a-{question.id}", answer) for answer in right_answer(question)]
        self.post(f"{attempt}/finish", *given)
        return attempt

    def hand_in(self, item: Item, text: str = WORK) -> None:
        self.post(f"{self.addresses[item.id]}/hand-in", ("text", text))

    def do_all(self, *, but: frozenset[str] = frozenset()) -> None:
        """Every lesson and quiz except those, in order; tasks are handed in and wait for a tutor."""
        for item in self.course.items:
            if item.id in but:
                continue
            if item.kind is ItemKind.LESSON:
                self.read(item)
            elif item.kind is ItemKind.QUIZ:
                self.take(item)
            else:
                self.hand_in(item)

    def answer(self, question: Question) -> None:
        """Answer one question of the attempt that is open, by the mouse and the keyboard."""
        fields = self.page.locator(f"[name=a-{question.id}]")
        for answer in right_answer(question):
            if question.options:
                fields.locator(f"xpath=self::*[@value='{answer}']").check()
            else:
                fields.fill(answer)
        self.kept(question)

    def kept(self, question: Question) -> None:
        """Wait until the page says that this answer is kept."""
        card = self.page.locator(f"section:has([name=asked][value={question.id}])")
        card.locator("[role=status]:not(:empty)").wait_for()


@dataclass
class Tutor:
    page: Page

    def open(self, name: str) -> None:
        """That learner's work, from the queue."""
        self.page.goto("/courses/marking")
        self.page.locator("main").get_by_role("link", name=name).click()

    def mark(self, name: str, comment: str, *, least: int | None = None) -> None:
        """Accepted with full points, or sent back with ``least`` for every criterion, by the rubric's fields."""
        self.open(name)
        for field in self.page.locator("input[name^='p-']").all():
            field.fill(str(least) if least is not None else field.get_attribute("max") or "")
        self.page.fill("[name=comment]", comment)
        self.page.locator(f"button[value={'returned' if least is not None else 'accepted'}]").click()
        self.page.locator(".alert.good").wait_for()
