"""The providers of epoch keys that the settings name: the one that makes new keys, and those that still open older epochs (design §6)."""

from api.settings import Settings
from crypto_shredding.file_provider import FileProvider
from crypto_shredding.provider import Providers


def providers_of(settings: Settings) -> Providers:
    """Compose the providers."""
    return Providers(FileProvider(settings.provider_folder))
