"""The tree of errors that a person may be told about: a sentence and the status that fits it."""

from __future__ import annotations


class ZerekError(Exception):
    """A sentence marked by ``N_`` with its values apart, so that it can be shown in the reader's language."""

    status = 500

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


class SignInNeeded(ZerekError):
    status = 401


class Forbidden(ZerekError):
    status = 403


class NotFound(ZerekError):
    status = 404


class Conflict(ZerekError):
    status = 409


class TooLarge(ZerekError):
    status = 413


class Refused(ZerekError):
    """What was asked is understood and not allowed by a rule."""

    status = 422


class TooMany(ZerekError):
    status = 429


class Unavailable(ZerekError):
    """A part that this needs does not answer now; asking again later may help."""

    status = 503


class CannotStart(ZerekError):
    """The program cannot begin here; the command line prints the sentence and ends with status 2."""
