"""All formats by name."""

from __future__ import annotations

from collections.abc import Mapping

from steppe.importers.formats.gcof import GcofTable
from steppe.importers.formats.gem import GemTracker
from steppe.importers.formats.iati import IatiActivities
from steppe.importers.formats.oc4ids import Oc4idsProjects
from steppe.importers.formats.ocds import OcdsReleases
from steppe.importers.statement import Format

FORMATS: Mapping[str, Format] = {
    form.name: form for form in (GcofTable(), GemTracker(), IatiActivities(), Oc4idsProjects(), OcdsReleases())
}
