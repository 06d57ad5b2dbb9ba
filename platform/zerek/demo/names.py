"""Names that look real in Kazakh, drawn from a seeded generator; any likeness is chance."""

from __future__ import annotations

from random import Random

SURNAMES = (
    "Ахметов Әбдірахманов Байжанов Бекмұратов Досмұхамбетов Ерғалиев Есенов Жұмабаев Жүсіпов Кенжеғұлов "
    "Қайырбеков Қалиев Құлмағамбетов Мәмбетов Молдағалиев Мұқанов Нұрғалиев Омаров Оразбаев Өтеғенов "
    "Рахимов Сағынов Сейтқали Сүлейменов Таңатаров Тілеубергенов Төлегенов Үмбетов Хамитов Шәріпов Ізтілеуов"
).split()
MEN = (
    "Айбек Алдияр Асқар Әділет Бауыржан Бекзат Дамир Дәурен Ерасыл Ерлан Жандос Жәнібек Қанат Қуаныш Мейірлан "
    "Нұрлан Олжас Рүстем Санжар Серік Темірлан Тимур Үлан Шыңғыс Ықылас Ілияс Әлихан Ғалым Өркен Һарун"
).split()
WOMEN = (
    "Айгерім Айсұлу Ақмарал Аружан Әлия Әсел Балнұр Гүлназ Дана Динара Еркежан Жанар Зере Қарлығаш Мадина "
    "Меруерт Назерке Перизат Раушан Сәуле Томирис Ұлжан Үміт Шынар Ырысты Іңкәр Ғазиза Өрзия Ақбота Тоғжан"
).split()


def draw(random: Random, *, male: bool) -> str:
    """Surname, given name and, for most, a patronymic."""
    surname = random.choice(SURNAMES)
    if not male and surname.endswith("ов"):
        surname += "а"
    if not male and surname.endswith("ев"):
        surname += "а"
    given = random.choice(MEN if male else WOMEN)
    if random.random() < 0.12:  # not everybody has one in the document
        return f"{surname} {given}"
    return f"{surname} {given} {random.choice(MEN)}{'ұлы' if male else 'қызы'}"
