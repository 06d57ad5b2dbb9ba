"""The demo region's districts and schools: 193, of which 107 in towns and 86 in villages."""

from __future__ import annotations

from random import Random

from sqlalchemy.orm import Session

from zerek.base.text import Words
from zerek.modules.schools import api as schools

# code, Kazakh, Russian, English, schools in town, schools in villages. Town = city or district centre.
DISTRICTS = (
    ("atyrau", "Атырау қаласы", "город Атырау", "Atyrau city", 66, 12),
    ("zhylyoi", "Жылыой ауданы", "Жылыойский район", "Zhylyoi district", 14, 10),
    ("inder", "Индер ауданы", "Индерский район", "Inder district", 5, 11),
    ("isatay", "Исатай ауданы", "Исатайский район", "Isatay district", 4, 10),
    ("kurmangazy", "Құрманғазы ауданы", "Курмангазинский район", "Kurmangazy district", 6, 20),
    ("kyzylkoga", "Қызылқоға ауданы", "Кызылкогинский район", "Kyzylkoga district", 4, 12),
    ("makat", "Мақат ауданы", "Макатский район", "Makat district", 5, 3),
    ("makhambet", "Махамбет ауданы", "Махамбетский район", "Makhambet district", 3, 8),
)
VILLAGES = (
    "Аққала Ақжар Алға Бәйтерек Береке Еркінқала Жаңажол Жасталап Жыланды Кеңөзек Көктоғай Көлқамыс Қарабау "
    "Қошқар Құрсай Майкөмген Нарын Ойыл Сарытоғай Сарайшық Тасшағыл Талдыкөл Тұщықұдық Үштаған Шортанбай"
).split()


def open_schools(session: Session, random: Random) -> list[int]:
    """Every school, town schools first within a district; returns their ids in that order."""
    ids = []
    for code, kk, ru, en, in_town, in_villages in DISTRICTS:
        district = schools.open_district(session, code, Words(kk, ru, en))
        for number in range(1, in_town + 1):
            name = Words(
                f"№ {number} мектеп-гимназия", f"Школа-гимназия № {number}", f"School-gymnasium No. {number}"
            )
            ids.append(_open(session, f"{code}-t{number}", name, district, town=True))
        for number, village in enumerate(random.sample(VILLAGES, in_villages), start=1):
            name = Words(
                f"{village} ауылы, орта мектеп", f"Средняя школа, село {village}", f"{village} village school"
            )
            ids.append(_open(session, f"{code}-v{number}", name, district, town=False))
    return ids


def _open(session: Session, code: str, name: Words, district: schools.District, *, town: bool) -> int:
    return schools.open_school(session, code, name, district=district, town=town).id
