"""The certificate as a sheet that a youth may take away, or not: one A4 page, no name on it, the signed file attached (design §6, R072).

The same certificate gives the same bytes: nothing of the moment or the machine goes into the file.
"""

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from api.erasures.certificate_sentences import TITLE, Line, dates, grouped, introduction, not_recalled
from api.wording import typeset
from crypto_shredding.erasure.certificate import Certificate, CertificateInvalid, Reason, public_key_of

if TYPE_CHECKING:
    from fpdf import FPDF

ATTACHED: Final = "attestation.json"
_BEGINS: Final = b'{\n  "certificate": {'
_ENDS: Final = b"\nendstream"
"""The attachment is neither compressed nor encrypted: its bytes stand in the file as they were signed."""
_MARGIN: Final = 20.0
_LINE: Final = 5.3
_WIDE: Final = 170.0
_DATE_COLUMN: Final = 54.0
_NO_NAME: Final = "Cette feuille dit quand, et ce que ça veut dire. Elle ne porte aucun nom : ni le tien, ni un autre."
_KEEPING: Final = (
    "Tu peux refuser cette feuille, la jeter ou supprimer le fichier : ça ne change rien à l’effacement.",
    "Elle prouve qu’il y a eu un dossier sur toi. Si quelqu’un la trouve, il peut le comprendre.",
)
_CHECKING: Final = (
    "Le fichier PDF contient l’attestation signée. Avec le logiciel libre Sillage, la vérifier est gratuit et se fait sans réseau :",
    "Seul le fichier se vérifie, pas le papier. La clé de signature doit être celle que la structure publie.",
)


def as_pdf(certificate: Certificate, signed: bytes, zone: tzinfo | None) -> bytes:
    """Draw the sheet of `certificate`; `signed` is the file that `issue` gave for it. Hours are those of `zone` (`None`: the machine's)."""
    pdf = _blank(certificate)
    _title(pdf, TITLE)
    _paragraph(pdf, f"{introduction(certificate)} {_NO_NAME}")
    _heading(pdf, "Les dates")
    for line in dates(certificate, zone):
        _date(pdf, line)
    _heading(pdf, "Ce qui ne peut pas être repris")
    _paragraphs(pdf, not_recalled(certificate))
    _heading(pdf, "Garder cette feuille, ou pas")
    _paragraphs(pdf, _KEEPING)
    _heading(pdf, "Vérifier")
    _paragraph(pdf, _CHECKING[0])
    _code(pdf, "./run sillage verify certificate attestation.pdf")
    _paragraph(pdf, _CHECKING[1])
    _numbers(pdf, certificate, public_key_of(signed))
    pdf.embed_file(bytes=signed, basename=ATTACHED, mime_type="application/json", desc=TITLE)
    return bytes(pdf.output())


def attached_to(pdf: bytes) -> bytes:
    """Give the signed file that `as_pdf` attached; what stands around it proves nothing. Raises `CertificateInvalid` for none or two."""
    start = pdf.find(_BEGINS)
    end = pdf.find(_ENDS, start)
    if start < 0 or end < 0 or pdf.find(_BEGINS, start + 1) >= 0:
        raise CertificateInvalid(Reason.MALFORMED)
    return pdf[start:end]


def _blank(certificate: Certificate) -> "FPDF":
    from fpdf import FPDF  # noqa: PLC0415  # Half a second that the rest of the service need not wait for.

    pdf = FPDF(format="A4")
    # The fonts that every reader brings, in the code page that has the apostrophe, the dash and « œ ».
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(auto=False)
    pdf.set_lang("fr-FR")
    pdf.set_title(TITLE)
    pdf.set_creation_date(certificate.irreversible_at or certificate.purged_at or certificate.effective_at)
    pdf.add_page()
    return pdf


def _title(pdf: "FPDF", text: str) -> None:
    pdf.set_font("Helvetica", "B", 20)
    _write(pdf, text, line=10)
    pdf.ln(2)


def _heading(pdf: "FPDF", text: str) -> None:
    pdf.ln(4)
    pdf.set_font("Helvetica", "B", 13)
    _write(pdf, text, line=7.5)


def _paragraphs(pdf: "FPDF", texts: Iterable[str]) -> None:
    for text in texts:
        _paragraph(pdf, text)


def _paragraph(pdf: "FPDF", text: str) -> None:
    pdf.set_font("Helvetica", "", 11)
    _write(pdf, text)
    pdf.ln(1)


def _date(pdf: "FPDF", line: Line) -> None:
    top = pdf.get_y() + 2.5
    pdf.set_draw_color(190)
    pdf.line(_MARGIN, top - 1.5, _MARGIN + _WIDE, top - 1.5)
    pdf.set_y(top)
    pdf.set_font("Helvetica", "B", 11)
    _write(pdf, line.name, width=_DATE_COLUMN)
    pdf.set_font("Helvetica", "", 10)
    _write(pdf, line.when, width=_DATE_COLUMN)
    below_date = pdf.get_y()
    pdf.set_xy(_MARGIN + _DATE_COLUMN, top)
    pdf.set_font("Helvetica", "", 11)
    _write(pdf, line.meaning, width=_WIDE - _DATE_COLUMN)
    pdf.set_y(max(pdf.get_y(), below_date))


def _code(pdf: "FPDF", text: str) -> None:
    pdf.set_font("Courier", "B", 11)
    _write(pdf, text)
    pdf.ln(1.5)


def _numbers(pdf: "FPDF", certificate: Certificate, public: bytes) -> None:
    first, *others = certificate.fingerprints
    _number(pdf, "Référence de l’effacement", str(certificate.reference))
    _number(pdf, "Empreinte de la clé détruite", grouped(first))
    if others:
        _paragraph(pdf, f"Nombre d’autres empreintes, dans le fichier joint : {len(others)}.")
    _number(pdf, "Clé de signature", grouped(public.hex()))


def _number(pdf: "FPDF", name: str, value: str) -> None:
    pdf.ln(1)
    pdf.set_font("Helvetica", "", 9)
    _write(pdf, name, line=4.3)
    pdf.set_font("Courier", "", 9)
    _write(pdf, value, line=4.3)


def _write(pdf: "FPDF", text: str, *, width: float = _WIDE, line: float = _LINE) -> None:
    pdf.multi_cell(width, line, typeset(text), align="L", new_x="LMARGIN", new_y="NEXT")
