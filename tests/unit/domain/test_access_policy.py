from itertools import product
from uuid import uuid4

import pytest

from domain.access.access_policy import (
    Grant,
    Relation,
    Standing,
    allows,
    decide,
    decides_for,
    opens,
    purposes_of,
    relation_of,
    relation_to_erased,
)
from domain.categories import Category
from domain.identifiers import ErasureId, RequestId, YouthId
from domain.oblivion.erasure import APPROVERS, Erasure
from domain.trail import Actor, Operation, Purpose, Role
from tests.architecture.access_matrix import REFERENCE, describe
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, NOW, a_record, actor

CONTENT = {Operation.READ_RECORD, Operation.OPEN_RECORD, Operation.CHANGE_RECORD, Operation.ERASE_RECORD, Operation.LIST_CASELOAD}

ONESELF = (
    "account.accept factor.change session.close session.manage session.open session.prove session.purpose"
    " token.manage token.revoke token.use"
)
"""What everybody on the staff may do about their own ways of signing in."""
ALLOWED = f"""
educator none activity.list activity.record caseload.list catalogue.read import.preview import.run record.open {ONESELF}
educator none report.list report.write
educator author report.read report.release report.send
educator countersigner report.countersign report.read
educator addressee report.read
educator referent erasure.cancel erasure.read record.change record.erase record.read trail.read_own
educator referent glass.acknowledge record.referents record.share record.withdraw
educator replacement record.change record.read
educator named_share record.read
educator team_share record.read
educator rights_referent record.read
educator broken_glass record.read
educator none glass.break replacement.manage
head_of_service none figures.read report.list {ONESELF}
head_of_service countersigner report.countersign report.read
dpo none archives.manage catalogue.read erasure.approve erasure.ask erasure.certificate erasure.list erasure.read hold.manage
dpo none breach.manage control_file.take incident.manage incident.read register.read requisition.manage
dpo none journal.export seal.read trail.export trail.read week.read {ONESELF}
dpo none access.temporary glass.list glass.review rights.referent trail.names
administrator none catalogue.load catalogue.read erasure.approve erasure.list import.preview import.run
administrator none account.list account.manage account.review views.rebuild week.read {ONESELF}
administrator none replacement.manage team.manage
funder none {ONESELF}
youth none session.close session.open
youth self erasure.cancel erasure.certificate erasure.read record.erase record.read trail.read_own
system none account.close_unused catalogue.load views.rebuild
"""
"""Everything that is allowed: role, relation, operations. What is not here is refused."""


def test_the_policy_is_this_matrix_and_nothing_more() -> None:
    expected = {
        (role, operation, relation)
        for role, relation, *operations in map(str.split, ALLOWED.strip().splitlines())
        for operation in operations
    }
    allowed = {
        (role.value, operation.value, relation.value)
        for role, operation, relation in product(Role, Operation, Relation)
        if allows(role, operation, relation)
    }
    assert allowed == expected


@pytest.mark.parametrize("role", [Role.HEAD_OF_SERVICE, Role.FUNDER, Role.DPO, Role.ADMINISTRATOR, Role.SYSTEM])
def test_whoever_does_not_accompany_never_meets_a_row_about_one_youth(role: Role) -> None:
    assert not any(allows(role, operation, relation) for operation, relation in product(CONTENT, Relation))


TEMPORARY = {
    Relation.REPLACEMENT,
    Relation.NAMED_SHARE,
    Relation.TEAM_SHARE,
    Relation.RIGHTS_REFERENT,
    Relation.BROKEN_GLASS,
}


def test_what_is_temporary_reads_and_a_replacement_alone_writes() -> None:
    acts = {
        relation: {operation for role, operation in product(Role, Operation) if allows(role, operation, relation)} for relation in TEMPORARY
    }
    assert acts.pop(Relation.REPLACEMENT) == {Operation.READ_RECORD, Operation.CHANGE_RECORD}
    assert all(allowed == {Operation.READ_RECORD} for allowed in acts.values())


@pytest.mark.parametrize("relation", sorted(TEMPORARY - {Relation.NAMED_SHARE, Relation.TEAM_SHARE}))
def test_health_and_justice_stay_walled_off_unless_a_share_names_them(relation: Relation) -> None:
    walled = {Category.HEALTH, Category.JUSTICE}
    assert not opens(Standing(relation)) & walled
    assert opens(Standing(Relation.NAMED_SHARE, frozenset(walled))) == walled


def test_a_relation_that_has_no_row_opens_no_category() -> None:
    assert {relation for relation in Relation if opens(Standing(relation))} == TEMPORARY | {Relation.SELF, Relation.REFERENT}


def test_several_standings_add_up_and_none_of_another_operation_counts() -> None:
    shares = [
        Standing(Relation.NAMED_SHARE, frozenset({Category.CORE, Category.FOLLOW_UP}), A_DAY),
        Standing(Relation.TEAM_SHARE, frozenset({Category.CORE, Category.VITAL}), A_DAY),
    ]
    grant = decide(actor(BRUNO), Operation.READ_RECORD, shares)
    assert grant == Grant(Relation.NAMED_SHARE, frozenset({Category.CORE, Category.FOLLOW_UP, Category.VITAL}), Purpose.ACCOMPANY, A_DAY)
    assert decide(actor(BRUNO), Operation.CHANGE_RECORD, shares) is None
    assert decide(actor(BRUNO, purpose=Purpose.STEER), Operation.READ_RECORD, shares) is None
    assert decide(actor(BRUNO), Operation.READ_RECORD, ()) is None


@pytest.mark.parametrize(
    ("relation", "purpose"), [(Relation.BROKEN_GLASS, Purpose.EMERGENCY), (Relation.RIGHTS_REFERENT, Purpose.HONOUR_RIGHTS)]
)
def test_what_an_exception_is_for_is_stated_by_the_access_itself(relation: Relation, purpose: Purpose) -> None:
    grant = decide(actor(BRUNO), Operation.READ_RECORD, [Standing(relation)])
    assert grant is not None
    assert grant.purpose is purpose


def test_nobody_reads_changes_erases_or_brings_back_a_record_without_a_relation_to_it() -> None:
    acts = {Operation.READ_RECORD, Operation.CHANGE_RECORD, Operation.ERASE_RECORD, Operation.CANCEL_ERASURE, Operation.READ_OWN_TRAIL}
    assert not any(allows(role, operation, Relation.NONE) for role, operation in product(Role, acts))


def test_the_two_roles_that_approve_an_erasure_are_those_that_it_waits_for() -> None:
    assert {role for role in Role if allows(role, Operation.APPROVE_ERASURE, Relation.NONE)} == set(APPROVERS)


@pytest.mark.parametrize("operation", [Operation.ASK_ERASURE, Operation.MANAGE_HOLDS, Operation.MANAGE_ARCHIVE_GATE])
def test_the_dpo_alone_places_what_stands_between_and_enters_what_came_by_letter(operation: Operation) -> None:
    assert {(role, relation) for role, relation in product(Role, Relation) if allows(role, operation, relation)} == {
        (Role.DPO, Relation.NONE),
    }


STATED = {
    Role.EDUCATOR: {Purpose.ACCOMPANY, Purpose.TAKE_OVER_FILES, Purpose.HONOUR_RIGHTS},
    Role.YOUTH: {Purpose.OWN_RECORD},
    Role.DPO: {Purpose.REVIEW_ACCESS, Purpose.HONOUR_RIGHTS},
    Role.HEAD_OF_SERVICE: {Purpose.STEER},
    Role.ADMINISTRATOR: {Purpose.RUN_SERVICE, Purpose.TAKE_OVER_FILES},
    Role.FUNDER: {Purpose.STEER},
    Role.SYSTEM: {Purpose.RUN_SERVICE},
}


def test_each_role_states_these_purposes_and_an_emergency_or_a_protection_is_stated_by_its_act_alone() -> None:
    assert {role: set(purposes_of(role)) for role in Role} == STATED


def test_a_purpose_that_is_not_the_role_s_is_refused() -> None:
    for role, purpose in product(Role, Purpose):
        decided = decides_for(actor(role=role, purpose=purpose), Operation.SIGN_IN, Relation.NONE)
        assert decided == (purpose in purposes_of(role) and role is not Role.SYSTEM)


def test_only_an_educator_among_the_referents_is_a_referent() -> None:
    record = a_record()
    assert relation_of(actor(ANNE), record) is Relation.REFERENT
    assert relation_of(actor(BRUNO), record) is Relation.NONE
    assert {relation_of(actor(ANNE, role), record) for role in Role if role is not Role.EDUCATOR} == {Relation.NONE}


def test_of_an_erased_record_only_the_youth_and_the_former_referents_are_known() -> None:
    record = a_record()
    erasure = Erasure.close(
        ErasureId(uuid4()), record.youth, asked_by=Role.YOUTH, asked_in_person=False, referents=list(record.referents), at=NOW
    )
    receipt = Actor(BRUNO, Role.YOUTH, Purpose.OWN_RECORD, RequestId(uuid4()), erasure=ErasureId(erasure.id))
    assert relation_to_erased(actor(BRUNO, Role.YOUTH, record.youth), erasure) is Relation.SELF
    assert relation_to_erased(receipt, erasure) is Relation.SELF
    assert relation_to_erased(actor(ANNE), erasure) is Relation.REFERENT
    strangers = [actor(BRUNO), actor(BRUNO, Role.YOUTH), actor(BRUNO, Role.YOUTH, YouthId(uuid4()))]
    strangers += [actor(ANNE, role) for role in Role if role is not Role.EDUCATOR]
    assert {relation_to_erased(stranger, erasure) for stranger in strangers} == {Relation.NONE}


def test_only_the_youth_of_the_record_is_its_self() -> None:
    record, other = a_record(), a_record()
    assert relation_of(actor(BRUNO, Role.YOUTH, record.youth), record) is Relation.SELF
    assert relation_of(actor(BRUNO, Role.YOUTH, other.youth), record) is Relation.NONE
    assert relation_of(actor(BRUNO, Role.YOUTH), record) is Relation.NONE
    assert relation_of(actor(BRUNO, Role.EDUCATOR, YouthId(record.id)), record) is Relation.NONE


def test_the_page_of_rights_is_the_policy() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == describe(), "write it anew: python -m tests.architecture.access_matrix"
