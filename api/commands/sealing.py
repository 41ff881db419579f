"""`keys protect`: the passphrase that seals the folder of keys; and no service whose keys nothing protects (N36)."""

from api.commands.opened import is_in_use
from api.commands.output import say
from api.commands.passphrases import WHAT_IS_ASKED, ask, ask_new, checked, read_secret
from api.commands.troubles import REFUSED, USAGE, Trouble
from api.commands.unsealing import leave_no_core, told
from api.key_providers import providers_of
from api.seal import sealables
from api.settings import Settings, read_settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import WrongSecret


def protect() -> None:
    """Donner une phrase de passe au dossier des clés, ou la changer : le service démarrera scellé."""
    settings = read_settings()
    provider = _folder_of_keys(settings)
    leave_no_core()
    with told():
        if settings.passphrase_file is not None:
            _set_from_file(settings, provider)
        elif provider.is_protected():
            _change(provider)
        else:
            _set(settings, provider)


def refuse_unprotected(settings: Settings) -> None:
    """Refuse to serve with keys that whoever takes the disk has too, unless that was chosen. The demonstration is nobody's."""
    with told():
        if settings.demonstration:
            _refuse_sealed_demonstration(settings)
        elif settings.sealing == "required" and not sealables(providers_of(settings))[0].is_protected():
            raise Trouble(
                "Les clés ne sont protégées par aucune phrase de passe : qui emporte le disque lit tout. Lancez"
                " « ./run sillage keys protect », puis recommencez. Pour vous en passer : SILLAGE_SEALING=none ; le service"
                " s’ouvre alors tout seul, et un disque volé ou saisi, ou sa copie, livre tous les dossiers.",
                "No passphrase protects the keys: whoever takes the disk reads everything. Run"
                " './run sillage keys protect', then try again. To do without: SILLAGE_SEALING=none; the service then"
                " opens by itself, and a stolen or seized disk, or a copy of it, gives every record away.",
                USAGE,
            )


def _folder_of_keys(settings: Settings) -> FileProvider:
    if settings.demonstration:
        raise Trouble("La démonstration n’a rien à protéger.", "The demonstration has nothing to protect.", USAGE)
    for provider in providers_of(settings).all:
        if isinstance(provider, FileProvider):
            return provider
    raise Trouble(
        "Les clés sont dans le token, que son code PIN protège déjà : changez-le avec l’outil de son fabricant.",
        "The keys are in the token, which its PIN protects already: change it with its maker's tool.",
        USAGE,
    )


def _set(settings: Settings, provider: FileProvider) -> None:
    _refuse_in_use(settings)
    say(
        "Cette phrase de passe ouvrira le service à chaque démarrage. Choisissez-la à plusieurs, gardez-la hors de cette machine : si elle"
        f" est perdue, tous les dossiers le sont.\n{WHAT_IS_ASKED}"
    )
    lay_open = _has_keys(provider)
    provider.set_passphrase(ask_new())
    say("C’est fait : les clés sont scellées. Démarrez le service, puis ouvrez-le à l’adresse /ouverture.")
    _advise(lay_open=lay_open)


def _change(provider: FileProvider) -> None:
    provider.change_passphrase(ask("Phrase de passe actuelle : "), ask_new())
    say("C’est fait. L’ancienne ouvre encore les copies du dossier des clés faites avant : détruisez celles dont vous n’avez pas besoin.")


def _set_from_file(settings: Settings, provider: FileProvider) -> None:
    lay_open = not provider.is_protected() and _has_keys(provider)
    if not provider.is_protected():
        _refuse_in_use(settings)
    try:
        provider.set_passphrase(checked(read_secret(settings, provider.name)))
    except WrongSecret:
        raise Trouble(
            "Le dossier des clés a déjà une autre phrase de passe : pour la changer, lancez cette commande depuis un terminal, sans"
            " SILLAGE_PASSPHRASE_FILE.",
            "The folder of keys has another passphrase already: to change it, run this command from a terminal, without"
            " SILLAGE_PASSPHRASE_FILE.",
            REFUSED,
        ) from None
    say("Les clés sont scellées par la phrase de passe de ce fichier. Ne laissez pas ce fichier sur cette machine.")
    _advise(lay_open=lay_open)


def _has_keys(provider: FileProvider) -> bool:
    return any(provider.folder.glob("*/*.key"))


def _advise(*, lay_open: bool) -> None:
    if lay_open:
        say(
            "Des clés étaient déjà écrites sans phrase de passe, et un disque ou une copie peut en garder la trace : lancez maintenant"
            " « ./run sillage keys rotate », qui les remplace et les détruit."
        )


def _refuse_in_use(settings: Settings) -> None:
    if is_in_use(settings):
        raise Trouble(
            "Le service tourne avec des clés sans phrase de passe : arrêtez-le, relancez cette commande, puis redémarrez-le.",
            "The service runs on keys without a passphrase: stop it, run this command again, then start it.",
            REFUSED,
        )


def _refuse_sealed_demonstration(settings: Settings) -> None:
    if any(provider.is_sealed() for provider in sealables(providers_of(settings))):
        raise Trouble(
            "Ce dossier de clés a une phrase de passe, ou un token : ce n’est pas celui d’une démonstration. Donnez-lui un autre dossier"
            " avec --data ou SILLAGE_DATA_FOLDER.",
            "This folder of keys has a passphrase, or a token: it is not that of a demonstration. Name another folder with --data or"
            " SILLAGE_DATA_FOLDER.",
            USAGE,
        )
