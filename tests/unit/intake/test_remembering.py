from datetime import date

from domain.intake import Sheet, plan_import
from domain.intake.remembering import _caches


def test_nothing_of_a_file_stays_in_memory_after_its_plan() -> None:
    sheet = Sheet("Jeunes", ((1, ("Prénom", "Nom", "Sexe", "Accord")), (2, ("Inès", "Roche", "F", "oui"))))

    plan_import([sheet], mapping=None, today=date(2026, 1, 5))

    assert [cache.cache_info().currsize for cache in _caches] == [0] * len(_caches)
