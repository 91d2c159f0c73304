"""The truth: neighbourhoods of households and companies, and the persons who live and work there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tools.sample_sources import mess
from tools.sample_sources.mess import Mess
from tools.sample_sources.recipe import Recipe
from tools.sample_sources.words import words

KNOWN = 20  # persons of a neighbourhood whom at least one system knows by name
VISITORS = 8  # persons of a neighbourhood who only visit the web shop or the app, unnamed
BLOCK = KNOWN + VISITORS
BUSINESS_SHARE = 0.30


@dataclass(frozen=True)
class Address:
    """Where somebody lives or works."""

    number: int
    street: str
    kind: str
    unit: str | None
    city: str
    state: str
    country: str
    postcode: str
    area_code: str


@dataclass(frozen=True)
class Household:
    """People of one address; some share a phone and a computer."""

    number: int
    last_name: str
    address: Address
    old_address: Address
    landline: str
    shares_computer: bool


@dataclass(frozen=True)
class Company:
    """An employer."""

    number: int
    name: str
    domain: str
    industry: str
    employees: int
    revenue: int  # US dollars a year
    address: Address
    switchboard: str


@dataclass(frozen=True)
class Card:
    """What a person gave to one system, spoilt as it may be; None = not given."""

    first: str
    last: str
    email: str | None
    phone: str | None
    street: str
    unit: str | None
    city: str
    state: str
    country: str
    postcode: str
    birth: str | None


@dataclass
class Person:
    """One true person.

    ``rng`` drives what the person does, ``mess_rng`` what systems write down.
    """

    number: int
    known: bool
    rng: Random
    mess_rng: Random
    mess: Mess
    sex: str
    first: str
    last: str
    birth: date
    email: str
    second_email: str
    mobile: str
    household: Household
    company: Company | None
    title: str | None
    seniority: int
    department: str | None
    work_email: str | None

    @property
    def person_id(self) -> str:
        return f"{'P' if self.known else 'A'}{self.number:08d}"

    def card(self, work: bool = False) -> Card:
        """Return what one system gets to know; each call spoils it differently.

        :param work: the person acts for the company: work mail, office phone and address.
        """
        rng, chance = self.mess_rng, self.mess
        first, last = mess.name(rng, chance, self.first, self.last)
        usual, other = (self.work_email, self.email) if work else (self.email, self.second_email)
        address = usual if rng.random() >= chance.other_email else other
        email = mess.email(rng, chance, address)
        if rng.random() < chance.junk_email:
            email = rng.choice(mess.JUNK_EMAILS)
        elif rng.random() < chance.no_email:
            email = None
        digits = self.mobile
        if rng.random() < chance.shared_phone * (4 if work else 1):
            digits = self.company.switchboard if work else self.household.landline
        phone = mess.phone(rng, chance, digits)
        if rng.random() < chance.junk_phone:
            phone = rng.choice(mess.JUNK_PHONES)
        elif email and rng.random() < chance.no_phone:
            phone = None
        home = self.household.old_address if rng.random() < chance.old_address else self.household.address
        place = self.company.address if work else home
        return Card(
            first=first,
            last=last,
            email=email,
            phone=phone,
            street=mess.street(rng, chance, place.number, place.street, place.kind),
            unit=place.unit if rng.random() >= chance.street_variant else None,
            city=place.city.upper() if rng.random() < chance.name_case else place.city,
            state=place.state,
            country=place.country,
            postcode=place.postcode,
            birth=self.birth.isoformat() if rng.random() < 0.4 else None,
        )

    def has_duplicate(self) -> bool:
        """Return whether the next system holds this person twice."""
        return self.mess_rng.random() < self.mess.duplicate


def _rng(seed: int, kind: int, number: int) -> Random:
    # One stream per thing: kind 0 blocks, 1 what persons do, 2 what is written down.
    return Random((seed << 48) ^ (kind << 44) ^ number)  # noqa: S311


def _phone(area_code: str, number: int) -> str:
    # A factor without 2 or 5 permutes the residues: no two numbers of a million people are the same.
    return f"{area_code}{2_000_000 + number * 3_141_593 % 8_000_000}"


def _address(rng: Random, city: tuple[str, ...] | None = None) -> Address:
    lists = words()
    name, state, country, prefix, area_code = city or lists.cities.draw(rng)
    tail = (
        f"{rng.randrange(100):02}"
        if country == "US"
        else f" {rng.randrange(1, 10)}{rng.choice('ABCEGH')}{rng.randrange(1, 10)}"
    )
    return Address(
        number=rng.randrange(1, 10 ** rng.randrange(2, 5)),
        street=rng.choice(lists.street_names),
        kind=rng.choice(list(lists.street_kinds)),
        unit=f"Apt {rng.randrange(1, 40)}" if rng.random() < 0.3 else None,
        city=name,
        state=state,
        country=country,
        postcode=prefix + tail,
        area_code=area_code,
    )


def _last_name(rng: Random) -> str:
    lists = words()
    if rng.random() < 0.55:
        return lists.last_names.draw(rng)
    return rng.choice(lists.rare_heads) + rng.choice(lists.rare_tails)


def _company(rng: Random, number: int) -> Company:
    lists = words()
    industry = rng.choice(list(lists.industries))
    head, tail, ending = (
        rng.choice(lists.company_heads),
        rng.choice(lists.industries[industry]),
        rng.choice(lists.company_endings),
    )
    address = _address(rng)
    employees = int(min(20_000, max(3, rng.lognormvariate(4.2, 1.5))))
    return Company(
        number=number,
        name=f"{head} {tail} {ending}".strip(),
        domain=f"{head}{tail}{number}.example".lower(),
        industry=industry,
        employees=employees,
        revenue=employees * rng.randrange(60, 320) * 1_000,
        address=address,
        switchboard=_phone(address.area_code, 4_000_000 + number),
    )


def _household(rng: Random, number: int) -> Household:
    address = _address(rng)
    return Household(
        number=number,
        last_name=_last_name(rng),
        address=address,
        old_address=_address(rng),
        landline=_phone(address.area_code, 5_432_101 + number),
        shares_computer=rng.random() < 0.3,
    )


def _mail_box(rng: Random, first: str, last: str, birth: date, number: int) -> str:
    """Return the part before the @; the person's number in it keeps addresses apart."""
    first, last = (mess.ascii_only(text).lower().replace(" ", "").replace("'", "") for text in (first, last))
    return rng.choice(
        (
            f"{first}.{last}{number}",
            f"{first}{last}{number}",
            f"{first[0]}{last}{number}",
            f"{last}.{first}{number}",
            f"{first}{birth.year % 100:02}x{number}",
        )
    )


def _person(
    recipe: Recipe, number: int, household: Household, employer: Company | None, parent: Person | None
) -> Person:
    lists = words()
    rng = _rng(recipe.seed, 1, number)
    sex = rng.choice("MF")
    birth = date(1950, 1, 1) + timedelta(days=rng.randrange(20_000))
    first = lists.first_names[sex].draw(rng)
    last = household.last_name if rng.random() < 0.85 else _last_name(rng)
    if parent and rng.random() < 0.04:  # junior: the parent's name at the parent's address
        sex, first, last = parent.sex, parent.first, parent.last
        birth = parent.birth + timedelta(days=rng.randrange(8_000, 12_000))
    title, seniority, department = lists.titles.draw(rng) if employer else (None, 0, None)
    plain = [mess.ascii_only(text).lower().replace(" ", "").replace("'", "") for text in (first, last)]
    return Person(
        number=number,
        known=number % BLOCK < KNOWN,
        rng=rng,
        mess_rng=_rng(recipe.seed, 2, number),
        mess=recipe.mess,
        sex=sex,
        first=first,
        last=last,
        birth=birth,
        email=f"{_mail_box(rng, first, last, birth, number)}@{lists.mailboxes.draw(rng)}",
        second_email=f"{_mail_box(rng, first, last, birth, number)}z@{lists.mailboxes.draw(rng)}",
        mobile=_phone(household.address.area_code, number),
        household=household,
        company=employer,
        title=title,
        seniority=seniority,
        department=department,
        # The number's last digits keep two people of one name at one company apart.
        work_email=f"{plain[0]}.{plain[1]}{number % BLOCK}@{employer.domain}" if employer else None,
    )


def neighbourhoods(recipe: Recipe) -> Iterator[list[Person]]:
    """Yield the persons, one neighbourhood at a time; a household or company never spans two.

    :param recipe: seed, number of known persons, and difficulty.
    """
    for block in range((recipe.customers + KNOWN - 1) // KNOWN):
        rng = _rng(recipe.seed, 0, block)
        companies = [_company(rng, block * 4 + index) for index in range(4)]
        people: list[Person] = []
        household, room, parent = None, 0, None
        for index in range(BLOCK):
            known = index < KNOWN
            if room == 0 or not known:
                household = _household(rng, block * BLOCK + index)
                room, parent = rng.choice((1, 1, 1, 2, 2, 3, 4)), None
            # The first companies of a neighbourhood employ most of it.
            employer = companies[min(3, int(rng.expovariate(0.9)))] if known and rng.random() < BUSINESS_SHARE else None
            if known and block * KNOWN + index >= recipe.customers:
                continue
            person = _person(recipe, block * BLOCK + index, household, employer, parent)
            people.append(person)
            parent = parent or person
            room -= 1
        yield people
