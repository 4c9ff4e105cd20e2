"""What other registers would call a project's level: IATI, OC4IDS, Global Energy Monitor and AidData.

One table, read by the API (`crosswalk=`) and by docs/crosswalk.md. The words are theirs; which one is meant, and why, is
said here. Their ladders are shorter than ours, so a word does not lead back to a level.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from steppe.domain.values.levels import Level
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A register and its words: code and name. `ladder` are those that a level may have, from the first to the last."""

    key: str
    title: str
    codelist: str
    ladder: Mapping[str, str]
    others: Mapping[str, str]

    def name(self, code: str) -> str:
        """The name of one of its codes."""
        return self.ladder.get(code) or self.others[code]


@value_class(frozen=True, slots=True)
class Word:
    """A code of a scheme, and why it is meant."""

    code: str
    why: str


@value_class(frozen=True, slots=True, kw_only=True)
class OverlayRow:
    """What an overlay is called, whatever the level; `reached`: only if the project has been that far."""

    overlay: str
    words: Mapping[str, Word]
    reached: Level = Level.IDENTIFIED


IATI, OC4IDS, GEM, AIDDATA = "iati", "oc4ids", "gem", "aiddata"

SCHEMES: Mapping[str, Scheme] = {
    scheme.key: scheme
    for scheme in (
        Scheme(
            key=IATI,
            title="IATI",
            codelist="the codelist ActivityStatus of the International Aid Transparency Initiative",
            ladder={"1": "Pipeline/identification", "2": "Implementation", "3": "Finalisation"},
            others={"4": "Closed", "5": "Cancelled", "6": "Suspended"},
        ),
        Scheme(
            key=OC4IDS,
            title="OC4IDS",
            codelist="the codelist projectStatus of the Open Contracting for Infrastructure Data Standard",
            ladder={
                "identification": "Identification",
                "preparation": "Preparation",
                "implementation": "Implementation",
                "completion": "Completion",
            },
            others={"completed": "Completed", "cancelled": "Cancelled"},
        ),
        Scheme(
            key=GEM,
            title="GEM",
            codelist="the column status of the trackers of Global Energy Monitor; that of coal plants splits "
            "pre-construction into pre-permit and permitted",
            ladder={
                "announced": "Announced",
                "pre-construction": "Pre-construction",
                "construction": "Construction",
                "operating": "Operating",
            },
            others={
                "shelved": "Shelved",
                "shelved - inferred 2 y": "Shelved, inferred after 2 years",
                "mothballed": "Mothballed",
                "cancelled": "Cancelled",
                "retired": "Retired",
            },
        ),
        Scheme(
            key=AIDDATA,
            title="AidData",
            codelist="the column status of AidData's Global Chinese Official Finance Dataset",
            ladder={
                "Pipeline: Pledge": "Pipeline: Pledge",
                "Pipeline: Commitment": "Pipeline: Commitment",
                "Implementation": "Implementation",
                "Completion": "Completion",
            },
            others={"Suspended": "Suspended", "Cancelled": "Cancelled"},
        ),
    )
}

LEVEL_WORDS: Mapping[Level, Mapping[str, Word]] = {
    Level.IDENTIFIED: {
        IATI: Word("1", "it is listed, and at most being scoped"),
        OC4IDS: Word("identification", "it is on a list of what may be built"),
        GEM: Word("announced", "the first word there is: in plans, no step taken"),
        AIDDATA: Word("Pipeline: Pledge", "the first word there is; what nobody promised is not listed there"),
    },
    Level.ANNOUNCED: {
        IATI: Word("1", "it was said, and nothing is signed"),
        OC4IDS: Word("identification", "that it will be developed was said, and nothing is prepared"),
        GEM: Word("announced", "it was said in public, no step taken"),
        AIDDATA: Word("Pipeline: Pledge", "a promise in words"),
    },
    Level.MEMORANDUM: {
        IATI: Word("1", "a paper that binds nobody is planning"),
        OC4IDS: Word("identification", "a paper that binds nobody prepares nothing"),
        GEM: Word("announced", "a paper that binds nobody is no step towards permits, land or financing"),
        AIDDATA: Word("Pipeline: Pledge", "a promise on paper, without obligation"),
    },
    Level.ADVANCED: {
        IATI: Word("1", "studies and terms are scoping"),
        OC4IDS: Word("preparation", "studies, terms and approvals are preparation"),
        GEM: Word("pre-construction", "studies, terms and approvals are steps towards permits, land or financing"),
        AIDDATA: Word("Pipeline: Pledge", "terms and approvals come before a signature that binds"),
    },
    Level.PARTLY_BOUND: {
        IATI: Word("1", "a required leg is missing, so the whole is still being arranged"),
        OC4IDS: Word("preparation", "a contract is signed, and another is still being arranged"),
        GEM: Word("pre-construction", "nothing is built; permits are not told apart here"),
        AIDDATA: Word("Pipeline: Commitment", "an agreement that binds is signed"),
    },
    Level.BOUND: {
        IATI: Word("2", "a signed obligation is more than planning, and there is no word between the two"),
        OC4IDS: Word("preparation", "contracts are signed; the level does not say that works are being procured"),
        GEM: Word("pre-construction", "nothing is built; permits are not told apart here"),
        AIDDATA: Word("Pipeline: Commitment", "an agreement that binds is signed"),
    },
    Level.FINANCED: {
        IATI: Word("2", "the money is closed or flows"),
        OC4IDS: Word("implementation", "the money for works and services is there"),
        GEM: Word("pre-construction", "the money is there, and nothing is built"),
        AIDDATA: Word("Pipeline: Commitment", "the money is there, and nothing is built"),
    },
    Level.CONSTRUCTION: {
        IATI: Word("2", "it is being built"),
        OC4IDS: Word("implementation", "it is being built"),
        GEM: Word("construction", "it is being built; a ceremony does not count there either"),
        AIDDATA: Word("Implementation", "it is being built"),
    },
    Level.COMMISSIONING: {
        IATI: Word("2", "it stands or runs on trial, and the work goes on"),
        OC4IDS: Word("completion", "the works stand and are handed over"),
        GEM: Word("construction", "operating needs more than a trial"),
        AIDDATA: Word("Implementation", "it stands or runs on trial, and the work goes on"),
    },
    Level.PRODUCING: {
        IATI: Word("3", "what was to be built is complete, and the project stays open"),
        OC4IDS: Word("completion", "it is in use; that close-out has ended somebody must assert"),
        GEM: Word("operating", "it produces commercially"),
        AIDDATA: Word("Completion", "what was to be built works"),
    },
}

# The first row that fits wins. The overlay on-hold is about the record and has no row.
OVERLAY_ROWS: tuple[OverlayRow, ...] = (
    OverlayRow(
        overlay="cancelled",
        words={
            IATI: Word("5", "its owner or the state says so"),
            OC4IDS: Word("cancelled", "its owner or the state says so"),
            GEM: Word("cancelled", "its owner or the state says so"),
            AIDDATA: Word("Cancelled", "its owner or the state says so"),
        },
    ),
    OverlayRow(
        overlay="completed",
        words={
            IATI: Word("4", "its owner or the state says that it is over"),
            OC4IDS: Word("completed", "its owner or the state says that it is over"),
            GEM: Word("retired", "its owner or the state says that it is over, and there is no other word for that"),
            AIDDATA: Word("Completion", "its owner or the state says that it is over"),
        },
    ),
    OverlayRow(
        overlay="retired",
        words={
            IATI: Word("4", "what ran was taken out of service for good"),
            GEM: Word("retired", "what ran was taken out of service for good"),
            AIDDATA: Word("Completion", "it was built and ran, and is out of service"),
        },
    ),
    OverlayRow(
        overlay="suspended",
        reached=Level.PRODUCING,
        words={GEM: Word("mothballed", "it has produced, stands still and may go on")},
    ),
    OverlayRow(
        overlay="suspended",
        words={
            IATI: Word("6", "it stands still and may go on"),
            GEM: Word("shelved", "it stands still before it ever produced"),
            AIDDATA: Word("Suspended", "it stands still and may go on"),
        },
    ),
    OverlayRow(
        overlay="presumed-dead",
        words={
            GEM: Word(
                "shelved - inferred 2 y", "nothing moves for so long that it is inferred, and the word says that it is"
            )
        },
    ),
)


def word(scheme: str, level: Level, highest_level: Level, overlays: Collection[str]) -> Word:
    """What a scheme calls a project at this level with these overlays.

    An overlay for which a scheme has no word leaves the level's word. A suspension takes levels away that came before it,
    so that the word then is that of the highest level ever.
    """
    for row in OVERLAY_ROWS:
        if row.overlay in overlays and highest_level >= row.reached and scheme in row.words:
            return row.words[scheme]
    return LEVEL_WORDS[highest_level if "suspended" in overlays else level][scheme]
