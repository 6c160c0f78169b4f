"""What is true: the tables, their constraints and their indexes."""

from models.base import begin_writing, db, key_of, migrate, new_id, now
from models.collaboration import Collaboration, Group, Label, Membership
from models.invitation import Invitation
from models.organisation import Organisation, OrganisationRole, Unit
from models.outbox import Letter
from models.upload import Upload, UploadFinding, UploadLine, UploadOutcome
from models.user import User

__all__ = [
    "Collaboration",
    "Group",
    "Invitation",
    "Label",
    "Letter",
    "Membership",
    "Organisation",
    "OrganisationRole",
    "Unit",
    "Upload",
    "UploadFinding",
    "UploadLine",
    "UploadOutcome",
    "User",
    "begin_writing",
    "db",
    "key_of",
    "migrate",
    "new_id",
    "now",
]
