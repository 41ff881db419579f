"""What a structure writes about its own work and its own catalogue: no youth is named there, the structure's key encrypts it (N25)."""

from domain.activity import Activity
from domain.catalogue import Catalogue
from domain.drafts import ChantierDraft, ItemDraft, OutingDraft, PresenceDraft
from domain.identifiers import ActivityId, CatalogueId
from domain.keeping import Accepted, Keeping
from domain.refusals import NotAllowed
from domain.trail import Actor, CommandKey, Operation, Outcome, TrailLine


class StructureCommands(Keeping):
    """The use cases of activities and of the catalogue. Each raises `NotAllowed`, `TrailUnavailable` and the refusals of its rule."""

    def record_outing(self, actor: Actor, draft: OutingDraft, *, command: CommandKey | None = None) -> Accepted:
        """Write a street outing with its head counts (N24)."""
        self.must_allow(actor, Operation.RECORD_ACTIVITY)
        activity = Activity.record_outing(ActivityId(self.new_id()), draft, by=actor.account, at=self.clock())
        return self.append_new(activity, actor=actor, operation=Operation.RECORD_ACTIVITY, command=command)

    def record_chantier(self, actor: Actor, draft: ChantierDraft, *, command: CommandKey | None = None) -> Accepted:
        """Write a chantier éducatif, with how many youths took part (N25)."""
        self.must_allow(actor, Operation.RECORD_ACTIVITY)
        activity = Activity.record_chantier(ActivityId(self.new_id()), draft, by=actor.account, at=self.clock())
        return self.append_new(activity, actor=actor, operation=Operation.RECORD_ACTIVITY, command=command)

    def count_presence(self, actor: Actor, draft: PresenceDraft, *, command: CommandKey | None = None) -> Accepted:
        """Count people met of whom nothing else is written (N1, counted)."""
        self.must_allow(actor, Operation.RECORD_ACTIVITY)
        activity = Activity.count_presence(ActivityId(self.new_id()), draft, by=actor.account, at=self.clock())
        return self.append_new(activity, actor=actor, operation=Operation.RECORD_ACTIVITY, command=command)

    def read_activity(self, actor: Actor, activity: ActivityId) -> Activity:
        """Give one activity."""
        self.must_allow(actor, Operation.LIST_ACTIVITIES)
        found = self.find_kind(Activity, activity)
        if found is None:
            raise self.refused(actor, Operation.LIST_ACTIVITIES, Outcome.NOT_FOUND)
        self.ledger.write_trail(TrailLine(actor, Operation.LIST_ACTIVITIES))
        return found

    @property
    def catalogue_id(self) -> CatalogueId:
        """The catalogue's stream: one a structure, under the structure's own identifier."""
        return CatalogueId(self.structure)

    def load_catalogue(self, actor: Actor, items: list[ItemDraft], *, command: CommandKey | None = None) -> Accepted:
        """Propose each item that the catalogue does not have yet, switched off. Loading the same again changes nothing (N5, N6)."""
        self.must_allow(actor, Operation.LOAD_CATALOGUE)
        catalogue = self.find_kind(Catalogue, self.catalogue_id)
        at = self.clock()
        if catalogue is None:
            catalogue = Catalogue.begin(self.catalogue_id, at=at)
        for item in items:
            if not catalogue.has(item):
                catalogue.propose(self.new_id(), item, by=actor.account, at=at)
        if catalogue.pending_events:
            return self.append(catalogue, actor=actor, operation=Operation.LOAD_CATALOGUE, command=command)
        self.ledger.write_trail(TrailLine(actor, Operation.LOAD_CATALOGUE))
        return Accepted(catalogue.id, catalogue.version, replayed=True)

    def read_catalogue(self, actor: Actor) -> Catalogue:
        """Give the catalogue. Raises `NotAllowed` when none was ever loaded."""
        self.must_allow(actor, Operation.READ_CATALOGUE)
        catalogue = self.find_kind(Catalogue, self.catalogue_id)
        self.ledger.write_trail(TrailLine(actor, Operation.READ_CATALOGUE))
        if catalogue is None:
            raise NotAllowed("Aucun catalogue n'est chargé dans votre structure.")
        return catalogue
