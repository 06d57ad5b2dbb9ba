"""What can go wrong with a kit, each as one sentence in the pupil's language: Kazakh, Russian or English."""

import os
from collections.abc import Mapping
from typing import ClassVar, Literal, cast, get_args

Language = Literal["kk", "ru", "en"]


def language_of_environment() -> Language:
    """ZEREK_LANGUAGE, or Kazakh."""
    return language_or_kazakh(os.environ.get("ZEREK_LANGUAGE", "kk"))


def language_or_kazakh(name: str) -> Language:
    return cast(Language, name) if name in get_args(Language) else "kk"


class RobotError(Exception):
    """The root. `in_language` gives the sentence; `str` gives it in the language of the environment."""

    sentences: ClassVar[Mapping[Language, str]] = {
        "kk": "Робот туралы қате: {detail}",
        "ru": "Ошибка робота: {detail}",
        "en": "A fault of the robot: {detail}",
    }

    def __init__(self, **values: object) -> None:
        super().__init__(values)
        self.values = values

    def in_language(self, language: Language) -> str:
        return self.sentences[language].format(**self.values)

    def __str__(self) -> str:
        return self.in_language(language_of_environment())


class LineLost(RobotError):
    """The cable came out, the device hung up or the port vanished: whichever way the system told it."""

    sentences: ClassVar = {
        "kk": "Жинақпен байланыс үзілді ({line}). Кабельді тексеріп, қайта қосыңыз.",
        "ru": "Связь с набором потеряна ({line}). Проверьте кабель и подключите его снова.",
        "en": "The line to the kit is lost ({line}). Check the cable and plug it in again.",
    }


class LineRefused(RobotError):
    """The port is not there, is busy, may not be opened, or the address is not one."""

    sentences: ClassVar = {
        "kk": "Жинақтың порты ашылмады: {line}. Себебі: {reason}.",
        "ru": "Порт набора не открылся: {line}. Причина: {reason}.",
        "en": "The kit's port cannot be opened: {line}. Reason: {reason}.",
    }


class NoAnswer(RobotError):
    """Something is on the line but does not speak Firmata in time."""

    sentences: ClassVar = {
        "kk": "Жинақ жауап бермейді ({line}). Платада StandardFirmata бар ма?",
        "ru": "Набор не отвечает ({line}). Загружена ли в плату StandardFirmata?",
        "en": "The kit does not answer ({line}). Is StandardFirmata on the board?",
    }


class WrongBoard(RobotError):
    """The profile asks a pin for what this board's pin cannot do."""

    sentences: ClassVar = {
        "kk": "Бұл плата «{profile}» профиліне сай емес: {pin} істігі {mode} режимінде жұмыс істемейді.",
        "ru": "Эта плата не подходит к профилю «{profile}»: вывод {pin} не работает в режиме {mode}.",
        "en": "This board does not fit the profile “{profile}”: pin {pin} cannot work as {mode}.",
    }


class ProfileFault(RobotError):
    """A kit's profile cannot be read."""

    sentences: ClassVar = {
        "kk": "«{profile}» жинақ профилінде қате бар: {reason}.",
        "ru": "В профиле набора «{profile}» ошибка: {reason}.",
        "en": "The kit profile “{profile}” has a fault: {reason}.",
    }


class NoSuchPart(RobotError):
    """The program asks for a part that this kit has not."""

    parts: ClassVar[Mapping[str, Mapping[Language, str]]] = {
        "drive": {"kk": "қозғалтқыштар", "ru": "моторы", "en": "motors"},
        "distance": {"kk": "қашықтық датчигі", "ru": "датчик расстояния", "en": "a distance sensor"},
        "led": {"kk": "жарықдиод", "ru": "светодиод", "en": "an LED"},
        "battery": {"kk": "батарея өлшегіші", "ru": "датчик батареи", "en": "a battery gauge"},
    }
    sentences: ClassVar = {
        "kk": "Бұл жинақта мұндай бөлік жоқ: {part}. Бар бөліктер: {there}.",
        "ru": "В этом наборе нет такой части: {part}. Есть: {there}.",
        "en": "This kit has no such part: {part}. It has: {there}.",
    }

    def __init__(self, part: str, there: list[str]) -> None:
        super().__init__(part=part, there=there)
        self.part, self.there = part, there

    def in_language(self, language: Language) -> str:
        there = ", ".join(self.parts[part][language] for part in self.there) or "—"
        return self.sentences[language].format(part=self.parts[self.part][language], there=there)


class BadValue(RobotError):
    """A command with a number that means nothing or is out of reach."""

    sentences: ClassVar = {
        "kk": "{name} мәні жарамсыз: {value}. {low} мен {high} аралығындағы сан керек.",
        "ru": "Значение {name} не подходит: {value}. Нужно число от {low} до {high}.",
        "en": "The value of {name} will not do: {value}. A number from {low} to {high} is needed.",
    }


class UnknownCommand(RobotError):
    """A program asks the agent for something that is not a command."""

    sentences: ClassVar = {
        "kk": "Робот мұндай команданы білмейді: {command}.",
        "ru": "Робот не знает такой команды: {command}.",
        "en": "The robot knows no such command: {command}.",
    }


class Stopped(RobotError):
    """Somebody pressed stop."""

    sentences: ClassVar = {
        "kk": "Жинақ тоқтатылды. Мұғалім рұқсат бергенше робот қозғалмайды.",
        "ru": "Набор остановлен. Робот не поедет, пока учитель не разрешит.",
        "en": "The kit has been stopped. It will not move until the teacher allows it.",
    }


class NoKit(RobotError):
    """The environment names no kit, or one that cannot be understood."""

    sentences: ClassVar = {
        "kk": "Жинақ таңдалмаған: ZEREK_KIT айнымалысы «{value}».",
        "ru": "Набор не выбран: в переменной ZEREK_KIT указано «{value}».",
        "en": "No kit is chosen: the variable ZEREK_KIT says “{value}”.",
    }


class KitNotReady(RobotError):
    """A run was asked of a kit that is not there, still starting or busy."""

    sentences: ClassVar = {
        "kk": "Жинақ дайын емес ({state}). Бірнеше секундтан кейін қайталап көріңіз.",
        "ru": "Набор не готов ({state}). Попробуйте ещё раз через несколько секунд.",
        "en": "The kit is not ready ({state}). Try again in a few seconds.",
    }


class ToldByAgent(RobotError):
    """An error of the agent as the pupil's program sees it: the sentence is ready, in the pupil's language."""

    sentences: ClassVar = {"kk": "{sentence}", "ru": "{sentence}", "en": "{sentence}"}
