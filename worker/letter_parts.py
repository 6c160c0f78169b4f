"""What a letter is, before it is put into words and after; and the links that stand in letters."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from domain.language import spoken
from domain.link_tokens import LinkTokens
from domain.new_address import mark_of_account
from models import Course, Invitation, PendingEnrolment, RoleInvitation, Upload, User


@dataclass(frozen=True, slots=True)
class Attachment:
    file_name: str
    #: Such as `text/csv`; a text is UTF-8.
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter ready to be sent. Addresses, names and subject are single lines."""

    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    #: Shown before the sender's address, not yet quoted for a header; empty: the application's own name.
    from_name: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says, before its templates put it into sentences."""

    values: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    from_name: str | None = None
    #: The one that is spoken while this is put together.
    language: str | None = field(default_factory=spoken)


class Links:
    """Addresses of our pages. `base_url` is where the application answers."""

    def __init__(self, base_url: str, tokens: LinkTokens) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens

    def join(self, invitation: Invitation) -> str:
        return f"{self._base_url}/join/{self._tokens.join.make(invitation.id, invitation.link_number)}"

    def role_invitation(self, invitation: RoleInvitation) -> str:
        return f"{self._base_url}/role-invitations/{self._tokens.role.make(invitation.id, invitation.link_number)}"

    def people(self, organisation_id: UUID) -> str:
        """Who is what in the organisation."""
        return f"{self._base_url}/organisations/{organisation_id}/people"

    def register(self, pending: PendingEnrolment) -> str:
        return f"{self._base_url}/register/{self._tokens.register.make(pending.id)}"

    def new_password(self, user: User, until: datetime) -> str:
        """It leads there until then."""
        return f"{self._base_url}/reset-password/{self._tokens.password.make(user.id, user.session_key, until)}"

    def new_address(self, user: User, address: str, until: datetime) -> str:
        """Likewise."""
        token = self._tokens.address.make(user.id, mark_of_account(user), address, until)
        return f"{self._base_url}/account/address/{token}"

    def sign_in(self) -> str:
        return f"{self._base_url}/login"

    def course(self, course: Course) -> str:
        return f"{self._base_url}/courses/{quote(course.key, safe=':+')}"

    def upload(self, upload: Upload) -> str:
        return f"{self._base_url}/uploads/{upload.id}"

    def collaboration(self, collaboration_id: UUID) -> str:
        return f"{self._base_url}/collaborations/{collaboration_id}"
