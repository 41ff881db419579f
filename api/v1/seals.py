"""The seal of the journal: checkpoints, proofs, the journal, the program that checks it (R083; design §7)."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from api.desk.seals import look_at_seal, prove_growth, prove_presence, spelt, take_checkpoints, take_journal, verifier_source
from api.v1.answers import READING
from api.web.operations import leaves, leaves_nothing
from api.web.representations import Shown
from api.web.requests import SignedIn
from domain.trail import Operation

router = APIRouter(prefix="/seal", tags=["sceau du journal"])

HIGHEST: Final = 2**63 - 1

TreeNumber = Annotated[
    int, Query(ge=1, le=2**31 - 1, description="1 pour les événements, 2 pour les déclarations, à partir de 3 les mois.")
]


class TreeShown(Shown):
    """How far one tree was signed. `root` is in base64, as in the checkpoint."""

    tree: int
    kind: str
    month: date | None
    generation: int
    size: int
    root: str


class SealShown(Shown):
    """What was signed. `trouble` names what keeps the notary from signing now."""

    public_key: str
    sealed_at: datetime | None
    trouble: str | None
    trees: list[TreeShown]


class GrowthShown(Shown):
    """A consistency proof (RFC 9162 §2.1.4), hashes in base64."""

    size: int
    root: str
    earlier_root: str
    proof: list[str]


class PresenceShown(Shown):
    """An inclusion proof (RFC 9162 §2.1.3), hashes in base64."""

    index: int
    leaf: str
    size: int
    root: str
    proof: list[str]


@router.get("", operation_id="readSeal", responses=READING)
@leaves(Operation.READ_SEAL)
def read_seal(caller: SignedIn) -> SealShown:
    """Sceller ce qui est là, et dire jusqu’où le journal est signé."""
    seal = look_at_seal(caller)
    trees = [
        TreeShown(tree=one.tree, kind=one.kind, month=one.month, generation=one.generation, size=one.size, root=spelt(one.root))
        for one in seal.trees
    ]
    return SealShown(public_key=seal.public, sealed_at=seal.sealed_at, trouble=seal.trouble, trees=trees)


@router.get("/checkpoints", operation_id="takeCheckpoints", responses=READING, response_class=PlainTextResponse)
@leaves(Operation.READ_SEAL)
def read_checkpoints(caller: SignedIn) -> Response:
    """Prendre les derniers points de contrôle, à garder hors du serveur."""
    return PlainTextResponse(take_checkpoints(caller))


@router.get("/growth", operation_id="proveGrowth", responses=READING)
@leaves(Operation.READ_SEAL)
def read_growth(
    caller: SignedIn, tree: TreeNumber, size: Annotated[int, Query(ge=1, le=HIGHEST, description="La taille qu’avait l’arbre.")]
) -> GrowthShown:
    """Prouver qu’un arbre n’a fait que grandir depuis qu’il avait cette taille."""
    now, root, earlier, proof = prove_growth(caller, tree, size)
    return GrowthShown(size=now, root=spelt(root), earlier_root=spelt(earlier), proof=[spelt(one) for one in proof])


@router.get("/presence", operation_id="provePresence", responses=READING)
@leaves(Operation.READ_SEAL)
def read_presence(
    caller: SignedIn,
    tree: TreeNumber,
    position: Annotated[int, Query(ge=0, le=HIGHEST, description="Le numéro de l’événement, de la déclaration ou de la ligne.")],
) -> PresenceShown:
    """Prouver qu’une ligne est dans un arbre, à sa place."""
    index, size, root, leaf, proof = prove_presence(caller, tree, position)
    return PresenceShown(index=index, leaf=spelt(leaf), size=size, root=spelt(root), proof=[spelt(one) for one in proof])


@router.get("/journal", operation_id="takeJournal", responses=READING, response_class=Response)
@leaves(Operation.EXPORT_JOURNAL)
def read_journal(caller: SignedIn) -> Response:
    """Prendre le journal entier, dans la forme que le vérificateur relit."""
    return StreamingResponse(take_journal(caller), media_type="application/octet-stream")


@router.get("/verifier", operation_id="takeVerifier", responses=READING, response_class=PlainTextResponse)
@leaves_nothing("the text of a program, the same for everybody")
def read_verifier(caller: SignedIn) -> Response:
    """Prendre le programme qui vérifie un journal, seul."""
    del caller  # Whoever is signed in may have it.
    return PlainTextResponse(verifier_source())
