"""How a run can end, said in the pupil's language."""

from zerek_robotics.errors import Language

SENTENCES: dict[str, dict[Language, str]] = {
    "finished": {
        "kk": "Программа соңына дейін орындалды.",
        "ru": "Программа выполнена до конца.",
        "en": "The program has run to its end.",
    },
    "stopped": {
        "kk": "Программа тоқтатылды.",
        "ru": "Программа остановлена.",
        "en": "The program was stopped.",
    },
    "timeout": {
        "kk": "Программаға берілген уақыт бітті: {seconds} с.",
        "ru": "Время программы вышло: {seconds} с.",
        "en": "The program's time is up: {seconds} s.",
    },
    "memory": {
        "kk": "Программа тым көп жад сұрады.",
        "ru": "Программа запросила слишком много памяти.",
        "en": "The program asked for too much memory.",
    },
    "cpu": {
        "kk": "Программа процессорды тым көп пайдаланды. Шексіз цикл жоқ па?",
        "ru": "Программа заняла слишком много времени процессора. Нет ли в ней бесконечного цикла?",
        "en": "The program used too much processor time. Is there an endless loop?",
    },
    "output": {
        "kk": "Программа тым көп мәтін шығарды.",
        "ru": "Программа вывела слишком много текста.",
        "en": "The program printed too much.",
    },
    "processes": {
        "kk": "Программа тым көп процесс ашты.",
        "ru": "Программа запустила слишком много процессов.",
        "en": "The program started too many processes.",
    },
    "size": {
        "kk": "Программа тым ұзын.",
        "ru": "Программа слишком длинная.",
        "en": "The program is too long.",
    },
}
