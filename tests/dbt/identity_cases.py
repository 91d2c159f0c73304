"""Who is one person: situations that people reported, each with the situation next to it that must stay as it is.

Every case has names, mailboxes and places of its own, so that all are resolved in one run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.dbt.identity_records import Record, record


class Case(NamedTuple):
    """A situation.

    :param records: source records.
    :param people: how many people they are.
    """

    records: list[Record]
    people: int


def people(case: str, *persons: dict[str, Any], **shared: Any) -> list[Record]:
    """Return a record of each person, with what they share.

    :param case: word that makes the keys of the records the case's own.
    :param persons: values by column; ``source`` is the head of the identity key, a customer of the shop without it.
    """
    return [
        record(f"{values.get('of', 'shopify:customer')}:{case}{number}", **shared | _values(values))
        for number, values in enumerate(persons)
    ]


def _values(person: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name != "of"}


def home(number: int) -> dict[str, Any]:
    """Return the address and the phone of one home."""
    return {
        "street": f"{number} chestnut st",
        "city": f"town{number}",
        "postcode": f"{80000 + number * 13}",
        "phone": f"+1701555{number:04}",
    }


ORDER = "shopify:order"
LEAD, CONTACT = "salesforce:lead", "salesforce:contact"
REPEAT = {"first_name": "wilma", "last_name": "osterhout", "email": "wilma.osterhout@mail.example", **home(101)}
CALLER = {"first_name": "tadeo", "last_name": "quintanar", **home(102)}
TENANTS = home(103)
NAMES = [
    *("aurelia", "bastien", "cosima", "dragan", "eloise", "fabrizio", "gudrun", "hakeem", "ilona", "jarek"),
    *("katrin", "leopold", "marisol", "nikhil", "odette", "pavel", "quentin", "rosalind", "stellan", "tamsin"),
]
SURNAMES = [
    *("abernathy", "bukowski", "castellano", "dimitrov", "eberhardt", "fontaine", "gallagher", "hendricks"),
    *("ibarra", "jankowski", "kowalczyk", "lombardi", "mcallister", "novak", "okonkwo", "pellegrini"),
    *("quarles", "rasmussen", "szymanski", "thorvald"),
]
NAMED = [{"first_name": first, "last_name": last} for first, last in zip(NAMES, SURNAMES, strict=True)]

CASES: dict[str, Case] = {
    # A block has room for 60 records: what one person left more often is still one person.
    "60 guest orders": Case(people("orders60", *[{"of": ORDER, **REPEAT}] * 60), 1),
    "61 guest orders": Case(
        people(
            "orders61",
            *[{"of": ORDER}] * 61,
            first_name="greta",
            last_name="ulmer",
            email="greta.ulmer@mail.example",
            **home(104),
        ),
        1,
    ),
    "61 guest orders without a mailbox": Case(people("calls", *[{"of": ORDER, **CALLER}] * 61), 1),
    "61 guest orders with nothing but a mailbox": Case(
        people("mailbox61", *[{"of": ORDER}] * 61, email="mailonly@mail.example"), 1
    ),
    "700 guest orders": Case(
        people(
            "orders700",
            *[{"of": ORDER}] * 700,
            first_name="benno",
            last_name="achterberg",
            email="benno.achterberg@mail.example",
        ),
        1,
    ),
    "61 guest orders from as many addresses": Case(
        people(
            "moves",
            *[{"of": ORDER, "street": f"{n} gift ave", "postcode": f"{60000 + n * 17}"} for n in range(61)],
            first_name="ottilie",
            last_name="vansickle",
            email="ottilie.vansickle@mail.example",
        ),
        1,
    ),
    "61 people in one building": Case(
        people(
            "tower",
            *[
                {
                    "first_name": f"{NAMES[n % 20]}{chr(97 + n // 20)}",
                    "last_name": f"{SURNAMES[n % 19]}{chr(97 + n // 19)}",
                }
                for n in range(61)
            ],
            street="1 tower sq",
            city="highrise",
            postcode="81999",
        ),
        61,
    ),
    # Homes.
    "twins": Case(
        people(
            "twins",
            {"first_name": "oskar"},
            {"first_name": "mathilda"},
            last_name="lindqvist",
            birth_date="2001-05-17",
            **home(1),
        ),
        2,
    ),
    "twins and two records of one of them": Case(
        people(
            "twins3",
            {"first_name": "jonas"},
            {"first_name": "frida"},
            {"first_name": "frida"},
            last_name="halvorsen",
            birth_date="1999-02-11",
            **home(2),
        ),
        2,
    ),
    "couple with one mailbox": Case(
        people(
            "couple",
            {"first_name": "reinhold"},
            {"first_name": "annegret"},
            last_name="buchholz",
            email="buchholz.home@mail.example",
            **home(3),
        ),
        2,
    ),
    "couple with one mailbox and an order without a name": Case(
        [
            *people(
                "pair",
                {"first_name": "gideon"},
                {"first_name": "susannah"},
                last_name="prendergast",
                email="prendergasts@mail.example",
                **home(4),
            ),
            record("shopify:order:pairorder", email="prendergasts@mail.example", **home(4)),
        ],
        2,
    ),
    "marriage": Case(
        people(
            "marriage",
            {"last_name": "haverkamp"},
            {"last_name": "zimmerli"},
            first_name="clementine",
            email="clementine.h@mail.example",
            birth_date="1988-07-23",
            **home(5),
        ),
        1,
    ),
    "marriage without a birth date": Case(
        people(
            "married",
            {"last_name": "ostrander"},
            {"last_name": "blackwood"},
            first_name="evangeline",
            email="evangeline.o@mail.example",
            **home(6),
        ),
        1,
    ),
    "father and son": Case(
        people(
            "fathers",
            {"birth_date": "1955-04-19"},
            {"birth_date": "1985-11-02"},
            first_name="konstantin",
            last_name="werbeck",
            **home(7),
        ),
        2,
    ),
    "senior and junior": Case(
        people(
            "suffix",
            {"last_name": "holbrook Sr."},
            {"last_name": "holbrook, Jr"},
            first_name="thurston",
            last_name_normalized="holbrook",
            **home(8),
        ),
        2,
    ),
    "the junior and the suffix that was left out": Case(
        people(
            "junior",
            {"last_name": "whitcombe Jr."},
            {"last_name": "whitcombe"},
            first_name="roderick",
            last_name_normalized="whitcombe",
            email="roderick.w@mail.example",
            **home(9),
        ),
        1,
    ),
    "siblings of one first letter": Case(
        people(
            "siblings",
            {"first_name": "marie", "birth_date": "1992-01-30"},
            {"first_name": "maria", "birth_date": "1994-09-08"},
            last_name="delacroix",
            **home(10),
        ),
        2,
    ),
    "a slip in the name": Case(
        people(
            "slip",
            {"first_name": "marta"},
            {"first_name": "marat"},
            last_name="wisniewska",
            birth_date="1990-03-14",
            **home(11),
        ),
        1,
    ),
    "a birth date with day and month swapped": Case(
        people(
            "daymonth",
            {"birth_date": "1979-04-09"},
            {"birth_date": "1979-09-04"},
            first_name="ignatius",
            last_name="bellweather",
            **home(12),
        ),
        1,
    ),
    # Names that are written otherwise.
    "two people in Cyrillic": Case(
        people(
            "cyrillic",
            {"first_name": "ivan", "last_name": "sokolov"},
            {"first_name": "petr", "last_name": "kuznetsov"},
            **home(13),
        ),
        2,
    ),
    "two people in Chinese": Case(
        people("chinese", {"first_name": "伟", "last_name": "王"}, {"first_name": "芳", "last_name": "李"}, **home(14)),
        2,
    ),
    "one person in Chinese, twice": Case(
        people("chinese2", {}, {}, first_name="志强", last_name="赵", phone="+8613955550015", city="hefei"),
        1,
    ),
    "one person in Chinese and in Pinyin": Case(
        people(
            "pinyin",
            {"first_name": "秀英", "last_name": "陈"},
            {"first_name": "xiuying", "last_name": "chen"},
            email="xiuying.chen@mail.example",
            phone="+8613955550016",
        ),
        1,
    ),
    "two people of one office in Chinese and in Latin letters": Case(
        people(
            "scripts",
            {"first_name": "丽娜", "last_name": "周", "email": "zhou.lina@mail.example"},
            {"first_name": "gustav", "last_name": "ekstrom", "email": "gustav.ekstrom@mail.example"},
            phone="+8613955550017",
        ),
        2,
    ),
    "a nickname and names that are swapped": Case(
        people(
            "swapped",
            {"first_name": "robert", "last_name": "castlemaine"},
            {"first_name": "bob", "last_name": "castlemaine"},
            {"first_name": "castlemaine", "last_name": "robert"},
            {"first_name": "castlemaine", "last_name": "bob"},
            email="castlemaine@mail.example",
            phone="+17015559018",
        ),
        1,
    ),
    # Values that are nobody's.
    "a default birth date": Case(
        people(
            "epoch",
            {"first_name": "karin", "city": "epochton"},
            {"first_name": "karina", "city": "zeroville"},
            last_name="ashgrove",
            birth_date="1970-01-01",
        ),
        2,
    ),
    "the first birth date of a form": Case(
        people(
            "form",
            {"first_name": "helen", "city": "formby"},
            {"first_name": "helena", "city": "blankton"},
            last_name="dornbusch",
            birth_date="1900-01-01",
        ),
        2,
    ),
    "a birth date of one's own": Case(
        people(
            "born",
            {"first_name": "johan", "city": "ownby"},
            {"first_name": "johann", "city": "selfton"},
            last_name="esterbrook",
            birth_date="1971-03-15",
        ),
        1,
    ),
    "a click id in a forwarded link": Case(
        people(
            "forwarded",
            {"first_name": "caspian", "last_name": "merriweather"},
            {"first_name": "leocadia", "last_name": "vantongeren"},
            gclids=["Cj0KCQforwarded"],
        ),
        2,
    ),
    "a click id of an order and its visit": Case(
        [
            record("shopify:order:click", first_name="perpetua", last_name="longfellow", gclids=["Cj0KCQown"]),
            record("ga360:visitor:click", gclids=["Cj0KCQown"]),
        ],
        1,
    ),
    "a login that the shop gives to guests": Case(
        people("webguest", *NAMED[:3], user_id="webguest")
        + [
            record(f"ga360:visitor:webguest{n}", user_id="webguest", device_ids=[f"guestbrowser{n}"])
            for n in range(100)
        ],
        103,
    ),
    "a login that three people share": Case(
        people("shared", *NAMED[3:6], user_id="u-480021")
        + [record(f"ga360:visitor:shared{n}", user_id="u-480021", device_ids=[f"sharedbrowser{n}"]) for n in range(9)],
        12,
    ),
    "a login of one person with a hundred browsers": Case(
        people("busy", {"first_name": "zebulon"}, {"first_name": "zeb"}, last_name="carruthers", user_id="u-480022")
        + [record(f"ga360:visitor:busy{n}", user_id="u-480022", device_ids=[f"busybrowser{n}"]) for n in range(100)],
        1,
    ),
    # A contested component is built up again: a star of 400 joins at once, not leaf by leaf.
    "a login of 400 browsers, one of them shared with a stranger": Case(
        [
            record("shopify:customer:star", first_name="hermione", last_name="falkenrath", user_id="u-480023"),
            record("shopify:customer:stranger", first_name="domenico", last_name="birdwhistell", device_ids=["star7"]),
            *[record(f"ga360:visitor:star{n}", user_id="u-480023", device_ids=[f"star{n}"]) for n in range(400)],
        ],
        2,
    ),
    "40 leads converted to one contact": Case(
        [
            record("salesforce:contact:catchall", first_name="walk", last_name="in"),
            *people(
                "converted",
                *[
                    {
                        "of": LEAD,
                        "first_name": f"{NAMES[n % 20]}{chr(97 + n // 20)}",
                        "last_name": f"{SURNAMES[n % 19]}{chr(120 - n // 19)}",
                        "email": f"lead{n}x@inbox{n}.example",
                    }
                    for n in range(40)
                ],
                linked_identity_keys=["salesforce:contact:catchall"],
            ),
        ],
        41,
    ),
    "two leads of one person converted to one contact": Case(
        [
            record("salesforce:contact:converted", first_name="philippa", last_name="thornbury"),
            *people(
                "twice",
                {"of": LEAD, "first_name": "pippa"},
                {"of": LEAD, "first_name": "philippa"},
                last_name="thornbury",
                linked_identity_keys=["salesforce:contact:converted"],
            ),
        ],
        1,
    ),
    "a placeholder mailbox with six phones": Case(
        people(
            "placeholder",
            *[{"of": ORDER, "phone": f"+1702555{7000 + n * 131}"} for n in range(6)],
            email="pos@shopfloor.example",
        ),
        6,
    ),
    "a mailbox with an old and a new phone": Case(
        people("newphone", {"phone": "+17035552001"}, {"phone": "+17045553002"}, email="moved@mail.example"),
        1,
    ),
    "a mailbox whose owner is written in six ways": Case(
        people(
            "spellings",
            *[
                {"first_name": first, "last_name": last}
                for first, last in [
                    ("jacqueline", "vanderbilt"),
                    ("jaqueline", "vanderbilt"),
                    ("jacqeline", "vanderblit"),
                    ("jacqueline", "vanderbil"),
                    ("vanderbilt", "jacqueline"),
                    ("jacquelin", "vaderbilt"),
                ]
            ],
            email="jvdb@mail.example",
        ),
        1,
    ),
}
