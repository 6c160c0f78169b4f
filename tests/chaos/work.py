"""What goes on while things fail: people and programs, each at work of their own, who note what they were told."""

import random
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Batch, Course, User
from models.outbox import LetterKind
from tests.chaos.clients import Client, UnansweredError, Visitor
from tests.chaos.installation import PLATFORM_ADMIN, STATE_ADMIN, Installation
from tests.chaos.told import Told
from tests.worker.sending import UPLOADER

MENTOR = "mentor@pradesh.test"
COURSE = "course-v1:pradesh+ICT201+2026"
#: Of the batch that is edited in the window: as many people as two mentors may pick from between them.
LIMIT = 100
#: Of the batches, so late that no jump of the clock begins them.
START_DATE = "2030-01-01"
PAUSES = (0.05, 0.6)


@dataclass(frozen=True, slots=True)
class Teacher:
    state_id: str
    user_id: uuid.UUID
    email: str


class Work:
    """Somebody who does the same thing over and over."""

    def __init__(self, told: Told, chance: random.Random) -> None:
        self.told = told
        self.chance = chance

    def do(self) -> None:
        """Once, until it is answered."""
        raise NotImplementedError


class Inviting(Work):
    """A unit manager uploads files of invitations, and presses *Process*."""

    def __init__(self, visitor: Visitor, *given: Any) -> None:
        super().__init__(*given)
        self._visitor = visitor
        self._numbers = count(1)

    def do(self) -> None:
        addresses = [f"invitee{next(self._numbers)}@example.org" for _ in range(self.chance.randint(5, 40))]
        lines = [f"cumulusgrp,{address}" for address in addresses]
        file = ("people.csv", "\n".join(["short_names,invitees", *lines]))
        upload = self._visitor.send("/invitations/upload", {"file": file}).headers["Location"]
        self._visitor.send(f"{upload}/process")
        self.told.invited[upload.rpartition("/")[2]] = addresses


class Joining(Work):
    """People who were invited follow their link, and make an account."""

    def __init__(self, installation: Installation, *given: Any) -> None:
        super().__init__(*given)
        self._installation = installation
        self._seen = 0

    def do(self) -> None:
        mails = self._installation.mail_server.accepted[self._seen :]
        self._seen += len(mails)
        invitees = {mail.recipient: mail for mail in mails if mail.recipient.startswith("invitee")}
        for address in self.chance.sample(sorted(invitees), min(2, len(invitees))):
            if address not in self.told.joined:
                self._join(address, str(invitees[address].message.get_body(("plain",))))

    def _join(self, address: str, text: str) -> None:
        link = re.search(r"/join/[\w.-]+", text.replace("=\n", ""))
        assert link is not None, text
        visitor = Visitor(self._installation.ports, self.told, address, "correct horse battery")
        page = visitor.ask("GET", link[0])
        form = {"name": "Newcomer", "password": "correct horse battery", "csrf_token": visitor._token(page.text)}
        answer = visitor.ask("POST", f"{link[0]}/account", data=form)
        if answer.status_code in {303, 410}:  # 410: accepted already, by the one before, of which no answer came
            self.told.joined.append(address)


class Calling(Work):
    """A program adds and removes participants, each call with a key of its own so that it is done once."""

    def __init__(self, client: Client, installation: Installation, batch: str, people: Sequence[Teacher], *given: Any):
        super().__init__(*given)
        self._client = client
        self._clock = installation.clock
        self._batch = batch
        self._people = people

    def do(self) -> None:
        some = sorted(person.state_id for person in self.chance.sample(self._people, self.chance.randint(1, 15)))
        adds, jumps = self.chance.random() < 0.6, self._clock.jumps
        answer = self._client.ask(
            "POST" if adds else "DELETE",
            f"/api/v1/batches/{self._batch}/participants",
            json={"identifiers": some},
            headers={"Idempotency-Key": str(uuid.UUID(int=self.chance.getrandbits(128)))},
        )
        if jumps == self._clock.jumps:  # a key is remembered for a day
            self._hold_against_what_was_told(some, adds, answer.json())
        self.told.takes_part.update({(self._batch, state_id): adds for state_id in some})

    def _hold_against_what_was_told(self, some: list[str], adds: bool, answer: dict[str, Any]) -> None:
        for state_id, result in zip(some, answer["results"], strict=True):
            was_there = self.told.takes_part.get((self._batch, state_id), False)
            is_changed = result["outcome"] in {"added", "revived", "removed"}
            if is_changed == (was_there is adds):
                self.told.wrong.append(f"{state_id}, {'there' if was_there else 'not there'}, is {result['outcome']}")


class Filing(Work):
    """A program sends files of participants, and looks at each until it is done."""

    def __init__(self, client: Client, batch: str, people: Sequence[Teacher], *given: Any) -> None:
        super().__init__(*given)
        self._client = client
        self._batch = batch
        self._people = people

    def do(self) -> None:
        some = [person.state_id for person in self.chance.sample(self._people, self.chance.randint(1, 50))]
        adds = self.chance.random() < 0.6
        form = {"kind": f"participants-{'add' if adds else 'remove'}", "batch": self._batch, "process": "true"}
        made = self._client.ask(
            "POST",
            "/api/v1/uploads",
            data=form,
            files={"file": ("people.csv", "\n".join(["identifier", *some]))},
            headers={"Idempotency-Key": str(uuid.UUID(int=self.chance.getrandbits(128)))},
        )
        if made.json()["state"] == "processing":  # and not ready, with nothing to do
            self._wait_for(f"/api/v1/uploads/{made.json()['id']}")
        self.told.takes_part.update({(self._batch, state_id): adds for state_id in some})

    def _wait_for(self, upload: str) -> None:
        for _ in range(400):
            if self._client.ask("GET", upload).json()["state"] == "done":
                return
            threading.Event().wait(0.5)
        raise UnansweredError(f"{upload} is not done")


class BulkEnrolling(Work):
    """A client of Open edX enrols and unenrols teachers, and has them told."""

    def __init__(self, client: Client, batch: str, people: Sequence[Teacher], *given: Any) -> None:
        super().__init__(*given)
        self._client = client
        self._batch = batch
        self._people = people

    def do(self) -> None:
        some = self.chance.sample(self._people, self.chance.randint(1, 8))
        enrols = self.chance.random() < 0.6
        order = {
            "action": "enroll" if enrols else "unenroll",
            "courses": COURSE,
            "identifiers": ",".join(person.state_id for person in some),
            "email_students": True,
        }
        self._client.ask("POST", "/api/bulk_enroll/v1/bulk_enroll", json=order)
        for person in some:
            who = self._batch, person.state_id
            if self.told.takes_part.get(who, False) != enrols:
                kind = LetterKind.ENROLLED if enrols else LetterKind.UNENROLLED
                self.told.letters[kind, person.email] += 1
            self.told.takes_part[who] = enrols


class Editing(Work):
    """Two mentors add people to the same batch, and remove them, in the Edit batch window, up to its limit."""

    def __init__(self, visitor: Visitor, batch: str, mentor: str, people: Sequence[Teacher], *given: Any) -> None:
        super().__init__(*given)
        self._visitor = visitor
        self._batch = batch
        self._as_it_is = {"name": "By the window", "start_date": START_DATE, "mentors": mentor}
        self._people = people

    def do(self) -> None:
        if self.chance.random() < 0.7:
            self._add(self.chance.sample(self._people, self.chance.randint(1, 20)))
        else:
            self._remove(self.chance.choice(self._people))

    def _add(self, some: Sequence[Teacher]) -> None:
        picked = [str(person.user_id) for person in some]
        answer = self._visitor.send(f"/batches/{self._batch}/edit", **self._as_it_is, participants=picked)
        if answer.status_code == 303:
            self.told.takes_part.update({(self._batch, person.state_id): True for person in some})

    def _remove(self, person: Teacher) -> None:
        self._visitor.send(f"/batches/{self._batch}/edit/remove", participant=str(person.user_id))
        self.told.takes_part[self._batch, person.state_id] = False


@contextmanager
def going_on(installation: Installation, told: Told, chance: random.Random) -> Iterator[None]:
    """All of them are at work; at the end, each brings to its end what it is at."""
    stop = threading.Event()
    threads = [threading.Thread(target=_keep_at, args=(work, stop)) for work in _all(installation, told, chance)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _keep_at(work: Work, stop: threading.Event) -> None:
    while not stop.wait(work.chance.uniform(*PAUSES)):
        try:
            work.do()
        except UnansweredError as error:
            work.told.unanswered.append(str(error))
        except Exception as error:  # whatever the answer was, it was none that can be worked with
            work.told.wrong.append(f"{type(work).__name__}: {error!r:.300}")


def _all(installation: Installation, told: Told, chance: random.Random) -> list[Work]:
    ports = installation.ports
    with Session(installation.engine()) as session:
        people, mentor, open_batch = _teachers(session), _mentor(session), _open_batch(session)
    state_admin, openedx = installation.keys[STATE_ADMIN], installation.keys[PLATFORM_ADMIN]
    program = Client(ports, told, state_admin)
    by_call, by_file, by_window = (_new_batch(program, f"By {how}", mentor) for how in ("call", "file", "the window"))

    def of_its_own(kind: Callable[..., Work], *given: Any) -> Work:
        """Whoever is how fast, each does what it does by the same seed."""
        return kind(*given, told, random.Random(chance.getrandbits(64)))

    return [
        of_its_own(Inviting, Visitor(ports, told, UPLOADER)),
        of_its_own(Joining, installation),
        of_its_own(Calling, program, installation, by_call, people[:50]),
        of_its_own(Filing, Client(ports, told, state_admin), by_file, people[:150]),
        of_its_own(BulkEnrolling, Client(ports, told, openedx), open_batch, people[200:240]),
        of_its_own(Editing, Visitor(ports, told, MENTOR), by_window, mentor, people[:LIMIT]),
        of_its_own(Editing, Visitor(ports, told, STATE_ADMIN), by_window, mentor, people[LIMIT : 2 * LIMIT]),
    ]


def _teachers(session: Session) -> list[Teacher]:
    """Those of the demo world who are in no batch."""
    query = select(User.state_id, User.id, User.email).where(User.state_id.between("PR-05501", "PR-06000"))
    return [Teacher(*row) for row in session.execute(query.order_by(User.state_id))]


def _mentor(session: Session) -> str:
    return str(session.scalars(select(User.id).where(User.email == MENTOR)).one())


def _open_batch(session: Session) -> str:
    return str(session.scalars(select(Batch.id).join(Course).where(Course.key == COURSE, Batch.is_default)).one())


def _new_batch(program: Client, name: str, mentor: str) -> str:
    made = program.ask(
        "POST",
        f"/api/v1/courses/{COURSE}/batches",
        json={"name": name, "enrolment_type": "invite-only", "start_date": START_DATE, "mentors": [mentor]},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])
