"""Letters of invitations to a role, from the outbox to the mail server and back."""

from sqlalchemy import select

from domain import role_invitations, role_inviting
from domain.people import rights_of
from domain.role_inviting import Said
from domain.roles import Kind
from models import RoleInvitation, db
from models.invitation import InvitationStatus
from tests.people import BY_NOBODY
from tests.worker.sending import organisation, person, text_of, work
from tests.worker.smtp import MailServer

ADMIN, NEW = "admin@harderwijk.test", "new@example.org"


def invited(kind: Kind = Kind.MENTOR) -> RoleInvitation:
    said, admin = Said(NEW, kind), person(ADMIN)
    role_inviting.invite(rights_of(admin), organisation(), admin, said, 30, BY_NOBODY)
    db.session.commit()
    return db.session.scalars(select(RoleInvitation)).one()


def test_an_invitation_arrives(server: MailServer) -> None:
    invited(Kind.ADMIN)
    work()
    (mail,) = server.mails_to(NEW)
    assert mail["Subject"] == "Aaltje de Vries invites you to be admin of Universiteit Harderwijk"


def test_a_revoked_one_is_not_sent(server: MailServer) -> None:
    server.go_away()
    invitation = invited()
    work()
    role_invitations.revoke(rights_of(person(ADMIN)), invitation.id, BY_NOBODY)
    server.come_back()
    work()
    assert server.recipients == []


def test_of_a_refused_address_the_inviter_is_told_and_the_invitation_is_closed(server: MailServer) -> None:
    server.script.refused[NEW] = "550 5.1.1 No such user here"
    invitation = invited()
    work()
    work()
    assert invitation.status is InvitationStatus.UNDELIVERED
    (mail,) = server.mails_to(ADMIN)
    assert "Answer of the mail server: 550 5.1.1 No such user here" in text_of(mail)
