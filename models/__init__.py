"""What is true: the tables, their constraints and their indexes."""

from models.api_key import ApiKey, GivenAnswer
from models.audit import AuditEntry, AuditRetention
from models.base import begin_writing, close_session, db, key_of, migrate, new_id, now, roll_back
from models.batch import Batch, BatchTally, Participant
from models.collaboration import Collaboration, Group, Label, Membership
from models.course import Course
from models.invitation import Invitation
from models.organisation import Organisation, OrganisationRole, Unit
from models.outbox import Letter
from models.pending_enrolment import PendingEnrolment
from models.role_invitation import RoleInvitation
from models.upload import Upload, UploadFinding, UploadLine, UploadOutcome
from models.user import Identity, User

__all__ = [
    "ApiKey",
    "AuditEntry",
    "AuditRetention",
    "Batch",
    "BatchTally",
    "Collaboration",
    "Course",
    "GivenAnswer",
    "Group",
    "Identity",
    "Invitation",
    "Label",
    "Letter",
    "Membership",
    "Organisation",
    "OrganisationRole",
    "Participant",
    "PendingEnrolment",
    "RoleInvitation",
    "Unit",
    "Upload",
    "UploadFinding",
    "UploadLine",
    "UploadOutcome",
    "User",
    "begin_writing",
    "close_session",
    "db",
    "key_of",
    "migrate",
    "new_id",
    "now",
    "roll_back",
]
