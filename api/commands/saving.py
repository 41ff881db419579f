"""`backup` and `restore`: the two databases written into encrypted files, and put back from them (design §6, R073, R074)."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from api.bootstrap import build
from api.commands.opened import databases_of
from api.commands.output import AsJson, give, must_confirm, progress_bar, say
from api.commands.saving_answers import answered
from api.commands.troubles import REFUSED, USAGE, Trouble
from api.commands.unsealing import open_keys
from api.databases import Databases, find_databases
from api.key_providers import backup_key_of, providers_of
from api.locking import opened
from api.settings import Settings, read_settings
from crypto_shredding.backups.backup import STAMP, Found, Taken, find, newest_pair, prune, structures_of, take_keys, take_main
from crypto_shredding.backups.backup_file import Kind, read_header
from crypto_shredding.backups.backup_key import BackupKey, read_backup_key
from crypto_shredding.backups.restore import Places, Restored, restore_directory, restore_structure, structure_in
from crypto_shredding.backups.restore_refusals import ServiceConnected, StructurePresent
from domain.identifiers import StructureId

_LOCK: Final = "en-service.lock"
_WARNING: Final = "Ce qui est dans la base pour ces structures sera remplacé. Restaurer ?"
_ROTATION: Final = (
    "Les effacements seront rejoués et les clés changées. Est-ce un exercice, pendant que le vrai service tourne avec ces mêmes clés ?"
    " Alors répondez non et ajoutez --stay-locked : sinon il ne s’ouvrirait plus."
)
"""An exercise with the keys of the real service would end its epoch under its feet."""
_LOST: Final = (
    "Ce qui a été fait après cette sauvegarde est perdu : demandes d’effacement, annulations et suspensions comprises. Dossiers fermés dont"
    " l’effacement n’a pas commencé : {} ; rien ne les détruira avant 72 heures. Le DPO doit regarder « Effacements » d’ici là, et refaire"
    " ce qui manque."
)
Destination = Annotated[Path | None, typer.Option("--to", help="Le dossier des sauvegardes.", file_okay=False)]
Sources = Annotated[list[Path], typer.Argument(help="Un dossier de sauvegardes, ou les fichiers d’une structure.", exists=True)]
Code = Annotated[str | None, typer.Option("--structure", help="Le code de la structure ; sans lui, toutes.")]
Moment = Annotated[str | None, typer.Option("--at", help="Revenir à ce moment (UTC) : 2026-03-14T02:00 ou la date d’un fichier.")]


def backup(to: Destination = None, *, as_json: AsJson = False) -> None:
    """Sauvegarder les événements et les clés, à part, chiffrés ; retirer les sauvegardes trop vieilles. Le service peut tourner."""
    settings = read_settings()
    folder = (to or settings.backups).absolute()
    with databases_of(settings) as databases, answered():
        key = backup_key_of(settings, databases, folder)
        with progress_bar("Événements") as progress:
            taken = take_main(databases.main, folder, key, progress=progress)
        with progress_bar("Clés") as progress:
            taken += take_keys(databases.keys, folder, key, structures_of(databases.main), progress=progress)
    removed, unreadable = prune(folder, key, datetime.now(UTC)), find(folder, key)[1]
    rows = [
        {"file": file.path.name, "kind": file.header.kind, "structure": file.code, "rows": file.rows, "bytes": file.size} for file in taken
    ]
    if as_json:
        told = {"folder": str(folder), "files": rows, "removed": _names(removed), "unreadable": _names(unreadable)}
        give(told, as_json=True, columns=())
    else:
        # One a line and whole: a name may have to be typed again.
        say("\n".join([f"Sauvegardé dans {folder} :", *(f"  {row['file']}  {row['rows']} lignes, {row['bytes']} octets" for row in rows)]))
        if removed:
            say(f"Retirées, trop vieilles : {len(removed)}.")
        if unreadable:
            say(f"Ne s’ouvrent pas avec la clé d’ici, et restent : {', '.join(_names(unreadable))}.")
        if folder != settings.backups.absolute():
            say(
                f"La prochaine rotation écrira sa sauvegarde des clés ailleurs, dans {settings.backups} : celles d’ici ne s’ouvriront plus."
            )
    _refuse_without_keys(taken)


def restore(
    sources: Sources,
    structure: Code = None,
    at: Moment = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander confirmation.")] = False,
    accept_losses: Annotated[bool, typer.Option("--accept-losses", help="Accepter que des dossiers sans clé soient perdus.")] = False,
    stay_locked: Annotated[bool, typer.Option("--stay-locked", help="Pour un exercice : ne rien ouvrir, sans rotation.")] = False,
) -> None:
    """Remettre une sauvegarde à la place de ce qui est là, tout ou rien. Le service doit être arrêté."""
    settings = read_settings()
    open_keys(settings)
    with answered(), _alone(settings) as databases:
        key = read_backup_key(settings.provider_folder)
        files = _files(sources, key)
        chosen = _choose(files, key, structure, _moment(at))
        for one in chosen:
            say(one.sentence())
        if not yes:
            must_confirm(_WARNING if stay_locked else f"{_ROTATION}\n{_WARNING}")
        if structure is None:
            _restore_directory_if_none(files, key, databases)
        restored = [_restore(one, key, settings, databases, accept_losses=accept_losses) for one in chosen]
        if stay_locked:
            say("Remis en place et verrouillé : le prochain « serve » rejouera le registre et fera la rotation.")
        else:
            _reopen(settings, databases, restored, {one.structure for one in chosen if one.main is not None})


def _reopen(settings: Settings, databases: Databases, restored: list[Restored], with_events: set[UUID]) -> None:
    """Replay the erasure ledgers, rotate the epochs, and open; or say what stays locked, why, and what to do."""
    service, locked = build(settings, databases), []
    try:
        for one in restored:
            done, sentence = opened(service.structure(StructureId(one.structure)).reopening)
            if sentence is not None:
                locked.append(sentence)
            if done is not None:
                say(
                    f"Registre des effacements rejoué ({done.replayed}), {done.erased_again} clés revenues détruites à nouveau, époque"
                    f" {done.epoch} : « {one.code} » est ouverte."
                )
                if one.structure in with_events:
                    say(_LOST.format(done.waiting))
    finally:
        service.close()
    if locked:
        raise Trouble("\n".join(locked), "A structure stays locked: the sentence above says why and what to do.", REFUSED)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is put back for one structure."""

    structure: UUID
    code: str
    main: Found | None
    keys: Found | None
    newer: Found | None
    """A main file that is newer, and that no keys go with."""

    def sentence(self) -> str:
        parts = [
            f"{name} du {file.header.taken_at:%d/%m/%Y à %H:%M:%S} UTC"
            for name, file in (("événements", self.main), ("clés", self.keys))
            if file is not None
        ]
        said = f"« {self.code} » : {', '.join(parts)}."
        if self.newer is not None:
            said += (
                f" Une sauvegarde plus récente des événements ({self.newer.path.name}) n’a pas de clés aussi récentes :"
                " --at la date de ce fichier la prendrait."
            )
        return said


def _choose(files: list[Found], key: BackupKey, code: str | None, at: datetime | None) -> list[_Chosen]:
    chosen = []
    for structure in sorted({file.header.structure for file in files if file.header.kind != Kind.DIRECTORY}):
        main, keys = newest_pair(files, structure, at)
        one = main or (keys if at is None else None)
        if one is None or code not in {None, its_code := structure_in(one.path, key)}:
            continue
        newer = [
            file
            for file in files
            if at is None and main is not None and (file.header.kind, file.header.structure) == (Kind.MAIN, structure)
            if file.header.taken_at > main.header.taken_at
        ]
        chosen.append(_Chosen(structure, its_code, main, keys, newer[-1] if newer else None))
    if not chosen:
        raise Trouble(
            "Aucune sauvegarde ne convient : vérifiez le dossier, le code de la structure et le moment.",
            "No backup fits: check the folder, the structure's code and the moment.",
            USAGE,
        )
    return chosen


def _restore(one: _Chosen, key: BackupKey, settings: Settings, databases: Databases, *, accept_losses: bool) -> Restored:
    with progress_bar(one.code) as progress:
        restored = restore_structure(
            Places(databases.main, databases.keys),
            key,
            providers_of(settings),
            main=one.main.path if one.main else None,
            keys=one.keys.path if one.keys else None,
            replace=True,
            accept_losses=accept_losses,
            progress=progress,
        )
    say(f"« {restored.code} » est remise en place ({restored.rows} lignes) et verrouillée.")
    return restored


def _restore_directory_if_none(files: list[Found], key: BackupKey, databases: Databases) -> None:
    """Put the directory back where there is none yet; each structure enters itself where there is one."""
    directories = [file for file in files if file.header.kind == Kind.DIRECTORY]
    if directories:
        try:
            restore_directory(directories[-1].path, key, databases.main)
        except StructurePresent:
            return


def _files(sources: list[Path], key: BackupKey) -> list[Found]:
    files = []
    for source in sources:
        if source.is_dir():
            found, unreadable = find(source, key)
            files += found
            if unreadable:
                say(f"Laissées de côté, elles ne s’ouvrent pas avec la clé d’ici : {', '.join(_names(unreadable))}.")
        else:
            files.append(Found(source, read_header(source, key)))
    return sorted(files, key=lambda file: file.header.taken_at)


def _moment(words: str | None) -> datetime | None:
    """Read a moment, UTC unless it says otherwise; a file's stamp will do."""
    if words is None:
        return None
    with suppress(ValueError):
        return datetime.strptime(words, STAMP).replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise Trouble(
            f"« {words} » n’est pas un moment : écrivez par exemple 2026-03-14T02:00.",
            f"'{words}' is no moment: write for instance 2026-03-14T02:00.",
            USAGE,
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _alone(settings: Settings) -> Iterator[Databases]:
    """Lend the databases as they are, not migrated. Nobody else may be using the data folder, and whoever comes waits."""
    if not settings.embedded:
        yield find_databases(settings)
        return
    settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(settings.data_folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceConnected from None
        databases = find_databases(settings)
        try:
            yield databases
        finally:
            databases.stop()
    finally:
        os.close(lock)


def _refuse_without_keys(taken: list[Taken]) -> None:
    codes = {kind: {file.code for file in taken if file.header.kind == kind} for kind in (Kind.MAIN, Kind.KEYS)}
    if without := codes[Kind.MAIN] - codes[Kind.KEYS]:
        codes_without = ", ".join(sorted(without))
        say(f"Sans clés, donc sans secours : {codes_without}. Lancez « ./run sillage migrate », puis « ./run sillage doctor ».")
        sys.exit(REFUSED)


def _names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]
