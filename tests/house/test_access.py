"""Every route x every role: allowed, 403 within one's own organisation, 404 elsewhere, and nothing else.

A POST that is allowed answers 303, or 422 where the empty form is not enough.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from domain import invitations, uploads
from domain.new_address import mark_of_account
from domain.people import create_account, find_by_email, rights_of
from domain.providers import Settings
from domain.table import Limits
from models import AuditEntry, Batch, Collaboration, Group, Identity, Membership, User, db, now
from models.collaboration import Role
from models.organisation import OrganisationRoleName
from tests.clients import Client
from tests.conftest import CHEAP
from tests.people import a_person, a_role_invitation, enrolled, pending_for
from tests.programs import a_key
from tests.provider import connected
from tests.sheets import sheet
from tests.teaching import course
from views.access import OPEN_ENDPOINTS
from views.api.blueprint import ApiBlueprint

CAST = {
    "platform": "platform@muster.test",
    "admin": "admin@harderwijk.test",
    "manager": "manager@harderwijk.test",
    "yoda": "yoda@harderwijk.test",
    "co_admin": "coadmin@harderwijk.test",
    "member": "member@harderwijk.test",
    "other": "admin@otherland.test",
    "newcomer": "newcomer@example.org",
    "state": "state@pradesh.test",
    "mentor": "mentor@pradesh.test",
    "teacher": "teacher@pradesh.test",
}
ROLES = ("nobody", *CAST)

# `login`: asked to sign in (303 to /login).
#                                            nobody platf admin mngr  yoda  co_ad membr other newc  state mentr teach
TABLE = """
home.index                    GET             login 200   200   200   200   200   200   200   200   200   200   200
session.login                 GET             200   303   303   303   303   303   303   303   303   303   303   303
session.sign_in               POST            422   422   422   422   422   422   422   422   422   422   422   422
account.show                  GET             login 200   200   200   200   200   200   200   200   200   200   200
account.download              GET             login 200   200   200   200   200   200   200   200   200   200   200
account.ask_to_delete         GET             login 200   200   200   200   200   200   200   200   200   200   200
account.delete                POST            login 422   422   422   422   422   422   422   422   422   422   422
account.change_name           GET             login 200   200   200   200   200   200   200   200   200   200   200
account.change_name           POST            login 303   303   303   303   303   303   303   303   303   303   303
languages.choose              GET             login 200   200   200   200   200   200   200   200   200   200   200
languages.choose              POST            login 303   303   303   303   303   303   303   303   303   303   303
account.change_password       GET             login 200   200   200   200   200   200   200   200   200   200   200
account.change_password       POST            login 422   422   422   422   422   422   422   422   422   422   422
new_address.new               GET             login 200   200   200   200   200   200   200   200   200   200   200
new_address.ask               POST            login 422   422   422   422   422   422   422   422   422   422   422
provider_sign_in.begin        GET  a_provider 503   303   303   303   303   303   303   303   303   303   303   303
provider_sign_in.finish       GET  a_provider 400   400   400   400   400   400   400   400   400   400   400   400
provider_sign_in.begin_to_link GET a_provider login 503   503   503   503   503   503   503   503   503   503   503
identities.ask_to_link        GET             login 303   303   303   303   303   303   303   303   303   303   303
identities.link               POST            login 303   303   303   303   303   303   303   303   303   303   303
identities.ask_to_unlink      GET  members_id login 404   404   404   404   404   200   404   404   404   404   404
identities.unlink             POST members_id login 404   404   404   404   404   303   404   404   404   404   404
passwords.first               GET             login 200   200   200   200   200   200   200   200   200   200   200
passwords.ask_for_first       POST            login 303   303   303   303   303   303   303   303   303   303   303
passwords.forgotten           GET             200   200   200   200   200   200   200   200   200   200   200   200
passwords.ask                 POST            422   422   422   422   422   422   422   422   422   422   422   422
passwords.choose              GET  reset      200   200   200   200   200   200   200   200   200   200   200   200
passwords.set_chosen          POST reset      422   422   422   422   422   422   422   422   422   422   422   422
new_address.show              GET  new_mail   login 410   410   410   410   410   200   410   410   410   410   410
new_address.confirm           POST new_mail   login 410   410   410   410   410   303   410   410   410   410   410
invitations.schema            GET             login 200   200   200   200   200   200   200   200   200   200   200
invitations.sample            GET             login 200   200   200   200   200   200   200   200   200   200   200
invitations.upload            GET             login 200   200   200   200   403   403   200   403   200   403   403
invitations.receive           POST            login 422   422   422   422   403   403   422   403   422   403   403
uploads.index                 GET             login 200   200   200   200   200   200   200   200   200   200   200
uploads.show                  GET  ready      login 200   200   403   200   403   403   404   404   404   404   404
uploads.process               POST ready      login 403   403   403   303   403   403   404   404   404   404   404
uploads.ask_to_discard        GET  faulty     login 403   403   403   200   403   403   404   404   404   404   404
uploads.errors_file           GET  faulty     login 200   200   403   200   403   403   404   404   404   404   404
uploads.discard               POST faulty     login 403   403   403   303   403   403   404   404   404   404   404
uploads.result_file           GET  pressed    login 200   200   403   200   403   403   404   404   404   404   404
collaborations.index          GET             login 200   200   200   200   200   200   200   200   200   200   200
collaborations.show           GET  cumulus    login 200   200   200   200   200   200   404   404   404   404   404
collaborations.members        GET  cumulus    login 200   200   200   200   200   200   404   404   404   404   404
groups.index                  GET  cumulus    login 200   200   200   200   200   200   404   404   404   404   404
collaboration_settings.choose GET             login 200   303   303   403   403   403   303   403   303   403   403
collaboration_settings.new    GET  harderwijk login 200   200   200   403   403   403   404   404   404   404   404
collaboration_settings.new    POST harderwijk login 422   422   422   403   403   403   404   404   404   404   404
collaboration_settings.edit   GET  cumulus    login 200   200   200   200   403   403   404   404   404   404   404
collaboration_settings.edit   POST cumulus    login 303   303   303   303   403   403   404   404   404   404   404
collaboration_settings.edit   GET  stratus    login 200   200   200   403   403   403   404   404   404   404   404
collaboration_settings.edit   POST stratus    login 303   303   303   403   403   403   404   404   404   404   404
collaboration_settings.ask_to_archive GET  cumulus login 200 200 200  403   403   403   404   404   404   404   404
collaboration_settings.archive POST cirrus    login 303   303   303   403   403   403   404   404   404   404   404
collaboration_settings.restore POST cirrus    login 303   303   303   403   403   403   404   404   404   404   404
groups.new                    GET  cumulus    login 200   200   200   200   200   403   404   404   404   404   404
groups.new                    POST cumulus    login 422   422   422   422   422   403   404   404   404   404   404
groups.new                    POST stratus    login 422   422   422   403   403   403   404   404   404   404   404
groups.edit                   GET  analysts   login 200   200   200   200   403   403   404   404   404   404   404
groups.edit                   POST analysts   login 303   303   303   303   403   403   404   404   404   404   404
groups.edit                   GET  researchers login 200  200   200   200   200   403   404   404   404   404   404
groups.edit                   POST researchers login 303  303   303   303   303   403   404   404   404   404   404
groups.ask_to_delete          GET  analysts   login 200   200   200   200   403   403   404   404   404   404   404
groups.delete                 POST analysts   login 303   303   303   303   403   403   404   404   404   404   404
collaborations.invite         GET  cumulus    login 200   200   200   200   200   403   404   404   404   404   404
collaborations.invite         POST cumulus    login 422   422   422   422   422   403   404   404   404   404   404
collaborations.show           GET  stratus    login 200   200   200   403   403   403   404   404   404   404   404
collaborations.members        GET  stratus    login 200   200   200   403   403   403   404   404   404   404   404
groups.index                  GET  stratus    login 200   200   200   403   403   403   404   404   404   404   404
collaborations.invite         GET  stratus    login 200   200   200   403   403   403   404   404   404   404   404
collaborations.invite         POST stratus    login 422   422   422   403   403   403   404   404   404   404   404
collaborations.show           GET  nimbus     login 200   200   200   403   403   403   404   404   404   404   404
collaborations.invite         POST nimbus     login 422   422   422   403   403   403   404   404   404   404   404
collaborations.show           GET  aurora     login 200   404   404   404   404   404   200   404   404   404   404
collaborations.members        GET  aurora     login 200   404   404   404   404   404   200   404   404   404   404
groups.index                  GET  aurora     login 200   404   404   404   404   404   200   404   404   404   404
collaborations.invite         POST aurora     login 422   404   404   404   404   404   422   404   404   404   404
collaborations.resend         POST to_cumulus login 303   303   303   303   303   403   404   404   404   404   404
collaborations.ask_to_revoke  GET  to_cumulus login 200   200   200   200   200   403   404   404   404   404   404
collaborations.revoke         POST to_cumulus login 303   303   303   303   303   403   404   404   404   404   404
collaborations.resend         POST to_stratus login 303   303   303   403   403   403   404   404   404   404   404
collaborations.ask_to_revoke  GET  to_stratus login 200   200   200   403   403   403   404   404   404   404   404
collaborations.revoke         POST to_stratus login 303   303   303   403   403   403   404   404   404   404   404
memberships.edit              GET  in_cumulus login 200   200   200   200   200   403   404   404   404   404   404
memberships.edit              POST in_cumulus login 303   303   303   303   303   403   404   404   404   404   404
memberships.edit              GET  in_stratus login 200   200   200   403   403   403   404   404   404   404   404
memberships.edit              POST in_stratus login 303   303   303   403   403   403   404   404   404   404   404
collaborations.ask_to_remove  GET  in_cumulus login 200   200   200   200   200   403   404   404   404   404   404
collaborations.remove         POST in_cumulus login 303   303   303   303   303   403   404   404   404   404   404
collaborations.ask_to_remove  GET  in_stratus login 200   200   200   403   403   403   404   404   404   404   404
collaborations.remove         POST in_stratus login 303   303   303   403   403   403   404   404   404   404   404
mailbox.index                 GET             login 200   403   403   403   403   403   403   403   403   403   403
mailbox.mail                  GET  mail       login 200   403   403   403   403   403   403   403   403   403   403
mailbox.html                  GET  mail       login 200   403   403   403   403   403   403   403   403   403   403
mailbox.attachment            GET  mail       login 200   403   403   403   403   403   403   403   403   403   403
courses.index                 GET             login 200   200   200   200   200   200   200   200   200   200   200
courses.show                  GET  literacy   login 200   404   404   404   404   404   404   404   200   200   200
courses.choose                GET             login 200   303   303   403   403   403   303   403   303   403   403
courses.new                   GET  harderwijk login 200   200   200   403   403   403   404   404   404   404   404
courses.new                   POST harderwijk login 422   422   422   403   403   403   404   404   404   404   404
courses.edit                  GET  literacy   login 200   404   404   404   404   404   404   404   200   403   403
courses.edit                  POST literacy   login 303   404   404   404   404   404   404   404   303   403   403
batches.new                   GET  literacy   login 200   404   404   404   404   404   404   404   200   200   403
batches.create                POST literacy   login 422   404   404   404   404   404   404   404   422   422   403
batches.workspace             GET             login 200   200   200   403   403   403   200   403   200   200   403
batches.show                  GET  pilot      login 200   404   404   404   404   404   404   404   200   200   403
batches.edit                  GET  pilot      login 200   404   404   404   404   404   404   404   200   200   403
batches.save                  POST pilot      login 422   404   404   404   404   404   404   404   422   422   403
batches.remove_participant    POST pilot      login 303   404   404   404   404   404   404   404   303   303   403
dashboard.show                GET  pilot      login 200   404   404   404   404   404   404   404   200   200   403
dashboard.report              GET  pilot      login 200   404   404   404   404   404   404   404   200   200   403
participants.index            GET  pilot      login 200   404   404   404   404   404   404   404   200   403   403
participants.receive          POST pilot      login 422   404   404   404   404   404   404   404   422   403   403
participants.sample           GET  pilot      login 200   404   404   404   404   404   404   404   200   403   403
participants.changes          GET  pilot      login 200   404   404   404   404   404   404   404   200   403   403
batches.show                  GET  open_batch login 200   200   200   200   200   200   200   200   200   200   200
batches.edit                  GET  open_batch login 200   404   404   404   404   404   404   404   200   200   403
batches.save                  POST open_batch login 422   404   404   404   404   404   404   404   422   422   403
batches.remove_participant    POST open_batch login 303   404   404   404   404   404   404   404   303   303   403
dashboard.show                GET  open_batch login 200   404   404   404   404   404   404   404   200   200   403
dashboard.report              GET  open_batch login 200   404   404   404   404   404   404   404   200   200   403
participants.index            GET  open_batch login 200   404   404   404   404   404   404   404   200   403   403
participants.receive          POST open_batch login 409   404   404   404   404   404   404   404   409   403   403
participants.sample           GET  open_batch login 200   404   404   404   404   404   404   404   200   403   403
participants.changes          GET  open_batch login 200   404   404   404   404   404   404   404   200   403   403
participants.changed_people   GET  change     login 200   404   404   404   404   404   404   404   200   403   403
batches.join                  POST pilot      login 409   404   404   404   404   404   404   404   409   409   403
batches.join                  POST open_batch login 303   303   303   303   303   303   303   303   303   303   303
api_docs.document             GET             200   200   200   200   200   200   200   200   200   200   200   200
api_docs.page                 GET             200   200   200   200   200   200   200   200   200   200   200   200
organisations.index           GET             login 200   303   303   403   403   403   303   403   303   403   403
organisations.new             GET             login 200   403   403   403   403   403   403   403   403   403   403
organisations.new             POST            login 422   403   403   403   403   403   403   403   403   403   403
organisations.show            GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
organisations.settings        GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
organisations.settings        POST harderwijk login 303   303   403   403   403   403   404   404   404   404   404
organisations.ask_to_suspend  GET  otherland  login 200   404   404   404   404   404   403   404   404   404   404
organisations.suspend         POST otherland  login 303   404   404   404   404   404   403   404   404   404   404
organisations.ask_to_resume   GET  otherland  login 200   404   404   404   404   404   403   404   404   404   404
organisations.resume          POST otherland  login 303   404   404   404   404   404   403   404   404   404   404
organisations.suspend         POST harderwijk login 303   403   403   403   403   403   404   404   404   404   404
organisations.resume          POST harderwijk login 303   403   403   403   403   403   404   404   404   404   404
units.index                   GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
units.new                     GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
units.new                     POST harderwijk login 422   422   403   403   403   403   404   404   404   404   404
units.edit                    GET  yodas_unit login 200   200   403   403   403   403   404   404   404   404   404
units.edit                    POST yodas_unit login 303   303   403   403   403   403   404   404   404   404   404
units.ask_to_delete           GET  yodas_unit login 200   200   403   403   403   403   404   404   404   404   404
units.delete                  POST yodas_unit login 409   409   403   403   403   403   404   404   404   404   404
directory.index               GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
directory.download            GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
directory.show                GET  its_person login 200   200   403   403   403   403   404   404   404   404   404
directory.edit                GET  its_person login 200   200   403   403   403   403   404   404   404   404   404
directory.edit                POST its_person login 303   303   403   403   403   403   404   404   404   404   404
directory.ask_to_deactivate   GET  its_person login 200   200   403   403   403   403   404   404   404   404   404
directory.deactivate          POST its_person login 303   303   403   403   403   403   404   404   404   404   404
directory.reactivate          POST its_person login 303   303   403   403   403   403   404   404   404   404   404
people_import.upload          GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
people_import.receive         POST harderwijk login 422   422   403   403   403   403   404   404   404   404   404
people_import.sample          GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
platform.admins               GET             login 200   403   403   403   403   403   403   403   403   403   403
platform.new_admin            GET             login 200   403   403   403   403   403   403   403   403   403   403
platform.new_admin            POST            login 422   403   403   403   403   403   403   403   403   403   403
platform.ask_to_take          GET  paula      login 200   403   403   403   403   403   403   403   403   403   403
platform.take                 POST paula      login 409   403   403   403   403   403   403   403   403   403   403
platform.ask_to_take          GET  aaltje     login 404   403   403   403   403   403   403   403   403   403   403
roles.index                   GET  harderwijk login 200   200   200   403   403   403   404   404   404   404   404
roles.edit                    GET  yodas_role login 200   200   403   403   403   403   404   404   404   404   404
roles.edit                    POST yodas_role login 303   303   403   403   403   403   404   404   404   404   404
roles.ask_to_take             GET  yodas_role login 200   200   403   403   403   403   404   404   404   404   404
roles.take                    POST yodas_role login 303   303   403   403   403   403   404   404   404   404   404
roles.ask_to_take             GET  a_mentor   login 200   200   200   403   403   403   404   404   404   404   404
roles.take                    POST a_mentor   login 303   303   303   403   403   403   404   404   404   404   404
role_invitations.invite       GET  harderwijk login 200   200   200   403   403   403   404   404   404   404   404
role_invitations.invite       POST harderwijk login 422   422   422   403   403   403   404   404   404   404   404
role_invitations.resend       POST to_manage  login 303   303   403   403   403   403   404   404   404   404   404
role_invitations.ask_to_revoke GET to_manage  login 200   200   403   403   403   403   404   404   404   404   404
role_invitations.revoke       POST to_manage  login 303   303   403   403   403   403   404   404   404   404   404
role_invitations.resend       POST to_mentor  login 303   303   303   403   403   403   404   404   404   404   404
role_invitations.ask_to_revoke GET to_mentor  login 200   200   200   403   403   403   404   404   404   404   404
role_invitations.revoke       POST to_mentor  login 303   303   303   403   403   403   404   404   404   404   404
api_keys.index                GET             login 200   303   403   303   403   403   303   403   303   403   403
api_keys.organisation_list    GET  harderwijk login 200   200   403   200   403   403   404   404   404   404   404
api_keys.organisation_new     GET  harderwijk login 200   200   403   200   403   403   404   404   404   404   404
api_keys.organisation_new     POST harderwijk login 422   422   403   422   403   403   404   404   404   404   404
api_keys.platform_list        GET             login 200   403   403   403   403   403   403   403   403   403   403
api_keys.platform_new         GET             login 200   403   403   403   403   403   403   403   403   403   403
api_keys.platform_new         POST            login 422   403   403   403   403   403   403   403   403   403   403
api_keys.ask_to_revoke        GET  yodas_key  login 200   200   403   200   403   403   404   404   404   404   404
api_keys.revoke               POST yodas_key  login 303   303   403   303   403   403   404   404   404   404   404
api_keys.ask_to_revoke        GET  admins_key login 200   200   403   403   403   403   404   404   404   404   404
api_keys.revoke               POST admins_key login 303   303   403   403   403   403   404   404   404   404   404
api_keys.ask_to_revoke        GET  a_platform login 200   404   404   404   404   404   404   404   404   404   404
api_keys.revoke               POST a_platform login 303   404   404   404   404   404   404   404   404   404   404
audit_log.index               GET             login 200   303   403   403   403   403   303   403   303   403   403
audit_log.organisation_list   GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
audit_log.organisation_file   GET  harderwijk login 200   200   403   403   403   403   404   404   404   404   404
audit_log.organisation_people GET  their_log  login 200   200   403   403   403   403   404   404   404   404   404
audit_log.platform_list       GET             login 200   403   403   403   403   403   403   403   403   403   403
audit_log.platform_file       GET             login 200   403   403   403   403   403   403   403   403   403   403
audit_log.platform_people     GET  any_log    login 200   403   403   403   403   403   403   403   403   403   403
role_answers.show             GET  offer_1    200   200   200   200   200   200   200   200   200   200   200   200
role_answers.accept_with_new_account POST offer_1 422 422 422 422  422   422   422   422   422   422   422   422
role_answers.accept           POST offer_1    303   403   403   403   403   403   403   403   403   403   403   403
role_answers.decline          POST offer_1    303   303   303   303   303   303   303   303   303   303   303   303
join.show                     GET  link_1     200   200   200   200   200   200   200   200   200   200   200   200
join.accept_with_new_account  POST link_1     422   422   422   422   422   422   422   422   422   422   422   422
join.decline                  POST link_1     303   303   303   303   303   303   303   303   303   303   303   303
join.accept                   POST link_2     303   303   303   303   303   303   303   303   303   303   303   303
join.sign_out                 POST link_2     303   303   303   303   303   303   303   303   303   303   303   303
role_answers.sign_out         POST offer_2    303   303   303   303   303   303   303   303   303   303   303   303
registering.show              GET  pending    200   200   200   200   200   200   200   200   200   200   200   200
registering.create_account    POST pending    422   422   422   422   422   422   422   422   422   422   422   422
operating.alive               GET             200   200   200   200   200   200   200   200   200   200   200   200
operating.ready               GET             200   200   200   200   200   200   200   200   200   200   200   200
operating.metrics             GET             404   404   404   404   404   404   404   404   404   404   404   404
session.logout                POST            303   303   303   303   303   303   303   303   303   303   303   303
"""


@dataclass(frozen=True)
class Row:
    endpoint: str
    method: str
    thing: str
    expected: tuple[str, ...]


def rows(table: str = TABLE, columns: int = len(ROLES)) -> list[Row]:
    found = []
    for line in table.strip().splitlines():
        endpoint, method, *rest = line.split()
        thing = rest[0] if len(rest) > columns else ""
        found.append(Row(endpoint, method, thing, tuple(rest[-columns:])))
    return found


@pytest.fixture
def things(world: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    return things_of(world, monkeypatch)


def things_of(world: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """What the routes are about, by the names in the table: the values for the places in their paths."""
    make_co_admin_and_newcomer()
    make_a_teacher()
    return {
        "": {},
        **collaborations(),
        **groups(),
        **their_uploads(),
        **their_invitations(world),
        **memberships(),
        **batches(),
        **a_pending_enrolment(world),
        **their_keys(),
        **yodas_role_and_unit(),
        **roles_and_role_invitations(world),
        **one_of_its_people(),
        **a_password_link(world),
        **a_new_address(world),
        **a_provider_that_is_away(world, monkeypatch),
        **a_mail(world),
    }


def make_co_admin_and_newcomer() -> None:
    for role in ("co_admin", "newcomer"):
        create_account(CHEAP, email=CAST[role], name=role, password="muster-demo")
    member_of("cumulusgrp", user_called(CAST["co_admin"]), Role.ADMIN)


def make_a_teacher(email: str = CAST["teacher"]) -> User:
    teacher = create_account(CHEAP, email=email, name="A teacher", password="muster-demo")
    teacher.organisation_id = user_called(CAST["state"]).organisation_id
    db.session.flush()
    return teacher


def batches() -> dict[str, dict[str, str]]:
    literacy = course()
    in_it = {batch.name: batch for batch in db.session.scalars(select(Batch).where(Batch.course_id == literacy.id))}
    pilot, open_batch = in_it["Pilot"], in_it["Open batch"]
    enrolled(pilot, [make_a_teacher("another@pradesh.test").id])
    entry = db.session.scalars(select(AuditEntry)).one()
    return {
        "literacy": {"key": literacy.key},
        "pilot": {"batch_id": str(pilot.id)},
        "open_batch": {"batch_id": str(open_batch.id)},
        "change": {"batch_id": str(pilot.id), "entry_id": str(entry.id)},
    }


def a_pending_enrolment(world: Flask) -> dict[str, dict[str, str]]:
    pending = pending_for("invited@example.org", course())
    return {"pending": {"token": world.extensions["link_tokens"].register.make(pending.id)}}


def a_password_link(world: Flask) -> dict[str, dict[str, str]]:
    user, until = user_called(CAST["member"]), now() + timedelta(hours=1)
    return {"reset": {"token": world.extensions["link_tokens"].password.make(user.id, user.session_key, until)}}


def a_provider_that_is_away(world: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    settings = Settings("surf", "SURFconext", "http://localhost:1", "muster", "not told")
    monkeypatch.setitem(world.extensions, "providers", connected(settings))
    identity = Identity(user_id=user_called(CAST["member"]).id, issuer=settings.issuer, subject="merel")
    db.session.add(identity)
    db.session.flush()
    return {"a_provider": {"key": settings.key}, "members_id": {"identity_id": str(identity.id)}}


def a_new_address(world: Flask) -> dict[str, dict[str, str]]:
    user, until = user_called(CAST["member"]), now() + timedelta(hours=1)
    tokens = world.extensions["link_tokens"].address
    return {"new_mail": {"token": tokens.make(user.id, mark_of_account(user), "new@harderwijk.test", until)}}


def their_keys() -> dict[str, dict[str, str]]:
    owners = {"yodas_key": CAST["yoda"], "admins_key": CAST["admin"], "a_platform": CAST["platform"]}
    keys = {name: a_key(email).key for name, email in owners.items()}
    harderwijk = {"harderwijk": {"organisation_id": str(keys["yodas_key"].organisation_id)}}
    entry = db.session.scalars(select(AuditEntry.id).where(AuditEntry.api_key_id == keys["yodas_key"].id)).one()
    logs = {"their_log": {**harderwijk["harderwijk"], "entry_id": str(entry)}, "any_log": {"entry_id": str(entry)}}
    return harderwijk | logs | {name: {"api_key_id": str(key.id)} for name, key in keys.items()}


def yodas_role_and_unit() -> dict[str, dict[str, str]]:
    [role] = user_called(CAST["yoda"]).organisation_roles
    return {"yodas_role": {"role_id": str(role.id)}, "yodas_unit": {"unit_id": str(role.units[0].id)}}


def one_of_its_people() -> dict[str, dict[str, str]]:
    person = create_account(CHEAP, email="person@harderwijk.test", name="Person", password=None)
    person.organisation_id = collaboration_called("cumulusgrp").organisation_id
    db.session.flush()
    by_ids = {"organisation_id": str(person.organisation_id), "user_id": str(person.id)}
    return {"its_person": {**by_ids, "organisation": "uniharderwijk", "person": str(person.id)}}


def roles_and_role_invitations(world: Flask) -> dict[str, dict[str, str]]:
    admin, harderwijk = user_called(CAST["admin"]), collaboration_called("cumulusgrp").organisation
    mentor = a_person("mentor@harderwijk.test", mentor_in=harderwijk)
    [role] = mentor.organisation_roles
    named = {"manage": OrganisationRoleName.MANAGER, "mentor": OrganisationRoleName.MENTOR}
    invited = {name: a_role_invitation(f"{name}@example.org", harderwijk, admin, role) for name, role in named.items()}
    offers = {number: a_role_invitation(f"{number}@example.net", harderwijk, admin) for number in (1, 2)}
    tokens = world.extensions["link_tokens"].role
    return {
        "otherland": {"organisation_id": str(collaboration_called("auroragrp").organisation_id)},
        "paula": {"user_id": str(user_called(CAST["platform"]).id)},
        "aaltje": {"user_id": str(admin.id)},
        "a_mentor": {"role_id": str(role.id)},
        **{f"to_{name}": {"role_invitation_id": str(invitation.id)} for name, invitation in invited.items()},
        **{f"offer_{number}": {"token": tokens.make(offer.id, 1)} for number, offer in offers.items()},
    }


def user_called(email: str) -> User:
    user = find_by_email(email)
    assert user is not None
    return user


def collaboration_called(short_name: str) -> Collaboration:
    return db.session.scalars(select(Collaboration).where(Collaboration.short_name == short_name)).one()


def member_of(short_name: str, user: User, role: Role = Role.MEMBER) -> Membership:
    membership = Membership(collaboration=collaboration_called(short_name), user=user, role=role)
    db.session.add(membership)
    db.session.flush()
    return membership


def collaborations() -> dict[str, dict[str, str]]:
    names = ("cumulus", "cirrus", "stratus", "nimbus", "aurora")
    return {name: {"collaboration_id": str(collaboration_called(f"{name}grp").id)} for name in names}


def groups() -> dict[str, dict[str, str]]:
    found = db.session.scalars(select(Group).where(Group.short_name.in_(("analysts", "researchers"))))
    return {group.short_name: {"group_id": str(group.id)} for group in found}


def their_uploads() -> dict[str, dict[str, str]]:
    yoda = user_called("yoda@harderwijk.test")
    values = {}
    for name, file in (("ready", "two-lines.csv"), ("faulty", "many-errors.csv"), ("pressed", "by-label.csv")):
        upload = uploads.receive(yoda, rights_of(yoda), file, sheet(file), Limits())
        values[name] = {"upload_id": str(upload.id)}
    assert uploads.press_process(upload)
    return values


def their_invitations(world: Flask) -> dict[str, dict[str, str]]:
    tokens = world.extensions["link_tokens"].join
    invited = {number: invite("cumulusgrp", f"{number}@example.org") for number in (1, 2)}
    links = {f"link_{number}": {"token": tokens.make(invitation, 1)} for number, invitation in invited.items()}
    names = ("cumulus", "stratus")
    managed = {f"to_{name}": {"invitation_id": str(invite(f"{name}grp", "one@example.org"))} for name in names}
    return links | managed


def invite(short_name: str, email: str) -> uuid.UUID:
    draft = invitations.Draft(
        collaboration_id=collaboration_called(short_name).id,
        email=email,
        email_key=email,
        role=Role.MEMBER,
        expires_at=now() + timedelta(days=30),
        membership_expires_at=None,
        message="",
        sender_name="Yoda team",
        invited_by_id=user_called("yoda@harderwijk.test").id,
    )
    (made,) = invitations.make([draft])
    assert made is not None
    return made


def memberships() -> dict[str, dict[str, str]]:
    somebody = create_account(CHEAP, email="somebody@example.org", name="Somebody", password=None)
    names = ("cumulus", "stratus")
    return {f"in_{name}": {"membership_id": str(member_of(f"{name}grp", somebody).id)} for name in names}


def a_mail(world: Flask) -> dict[str, dict[str, str]]:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "somebody@example.org", "Hello"
    mail.set_content("Hello")
    mail.add_alternative("<p>Hello</p>", subtype="html")
    mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="list.csv")
    mailbox = world.extensions["mailbox"]
    mailbox.put("a-letter", mail.as_bytes())
    db.session.commit()
    return {"mail": {"name": mailbox.list().items[0].name, "number": "0"}}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_the_table_says_and_nothing_else(
    world: Flask, things: dict[str, dict[str, str]], role: str
) -> None:
    world.config["DEMO"] = False  # in the demo the mailbox is for everybody
    visitor = Client(world)
    if role != "nobody":
        visitor.sign_in(CAST[role])
    found = {row: answer_to(world, visitor, row, things[row.thing]) for row in rows()}
    wrong = {
        f"{row.endpoint} {row.method} {row.thing}": (answer, row.expected[ROLES.index(role)])
        for row, answer in found.items()
        if answer != row.expected[ROLES.index(role)]
    }
    assert wrong == {}, "answered, expected"


def answer_to(world: Flask, visitor: Client, row: Row, values: dict[str, str]) -> str:
    with world.test_request_context():
        path = url_for(row.endpoint, **{name: values[name] for name in places_of(world, row.endpoint)})
    answer = visitor.open(path, method=row.method)
    is_asked_to_sign_in = answer.status_code == 303 and (answer.location or "").startswith("/login")
    return "login" if is_asked_to_sign_in and row.endpoint != "session.logout" else str(answer.status_code)


def places_of(world: Flask, endpoint: str) -> set[str]:
    return next(world.url_map.iter_rules(endpoint)).arguments


def api_families(world: Flask) -> set[str]:
    """They have a table of their own: `test_api_access`."""
    return {name for name, blueprint in world.blueprints.items() if isinstance(blueprint, ApiBlueprint)}


def test_the_table_names_every_route(world: Flask) -> None:
    routes = {
        (rule.endpoint, method)
        for rule in world.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in OPEN_ENDPOINTS and rule.endpoint.partition(".")[0] not in api_families(world)
    }
    assert routes == {(row.endpoint, row.method) for row in rows()}
