"""Words printed beside a field that tell whether a number belongs in it.

A few hundred words of the languages that forms are mostly in. They need not be
complete: a label without any of them says nothing either way.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["judge_label", "split_words"]

_NUMBER = 0.9
_TEXT = 0.1
_RATHER_NUMBER, _RATHER_TEXT = 0.7, 0.25
_SHORT = 4  # words of a label whose last word says what it is

_NUMBER_WORDS = """
number* numeral* num nos date dated dob birthdate birthday day days month* year* age
time hour* minute* amount* total* subtotal sum price* cost* fee fees rate salary wage*
income tax taxes quantity qty count percent* score* points phone* telephone* tel fax
mobile zip* postcode postal ssn ein tin itin iban account balance proceeds gain* loss*
discount* shipping weight height distance temperature many much digit* serial invoice
dollar* cent cents usd eur euro* adjustment mm dd yyyy yy hh
*nummer *datum tag tage monat* jahr* uhrzeit *betrag *summe gesamt* *preis menge anzahl
stuck* telefon* plz postleitzahl kosten *kosten *steuer alter stunden punkte prozent* tt
jjjj kontonr
numero* jour* mois annee* heure* montant* somme prix quantite* qte age taux jj aaaa
remuneration* cotisation* impot
fecha* dia dias mes meses ano anos hora* importe* monto cantidad precio* suma telefono*
edad tasa porcentaje*
giorno mese anno ora importo totale somma prezzo quantita cap eta
valor quantidade preco telefone idade soma cep
dag maand jaar tijd bedrag totaal prijs aantal telefoon* leeftijd
nomor tanggal bulan tahun jumlah harga telepon umur usia waktu pukul jam
# $ € £ % ¥
"""
_TEXT_WORDS = """
name* surname forename address* email e-mail mail signature* sign describe*
description* comment* remark* notes city town state country street place province
title occupation profession employer source specify reason* explain* explanation
language relationship nationality citizenship website url initial* company organization
organisation
*name *namen anschrift* strasse ort *ort unterschrift* bemerkung* beruf stadt land firma
beschreibung* bezeichnung staatsangehorigkeit adresse*
nom noms prenom* rue localite ville pays lieu employeur nature commentaire* remarque*
observation* designation
nombres apellido* direccion calle ciudad pais lugar firma ocupacion observacion*
comentario* descripcion correo
nome cognome indirizzo citta luogo
apelido endereco rua cidade assinatura
*naam adres straat plaats handtekening
nama* alamat tangan provinsi kabupaten kecamatan kelurahan kota desa hari
"""
_SPAN_WORDS = """
from until du au le vom bis am del al desde hasta dal dari sampai van tot period*
"""
_RATHER_TEXT_WORDS = "first last middle other code codes type text method signed class"

_SIGN = re.compile(r"[^\W\d_]+|[#$€£%¥]")
_NUMBER_SIGN = re.compile(r"\bn[°º]|(?<=\w )\bn[or]\b|\bn[or]\.(?!\w)|\bnum\.")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _compile(words: str) -> re.Pattern[str]:
    """Compile a list in which a star stands for the rest of a word."""
    parts = [re.escape(word).replace(r"\*", r"\w*") for word in words.split()]
    return re.compile("|".join(parts))


_IS_NUMBER = _compile(_NUMBER_WORDS)
_IS_SPAN = _compile(_SPAN_WORDS)
_IS_TEXT = _compile(_TEXT_WORDS)
_IS_RATHER_TEXT = _compile(_RATHER_TEXT_WORDS)


def judge_label(label: str) -> float | None:
    """Judge by its label whether a number belongs in a field.

    Args:
        label: What is printed beside it, or its name in a file.

    Returns:
        The probability, in [0, 1]; None if the label does not tell.

    Example:
        >>> judge_label("6. Telephone number"), judge_label("Street address")
        (0.9, 0.1)
    """
    words = split_words(label)
    numbers = [bool(_IS_NUMBER.fullmatch(word)) for word in words]
    is_text = any(_IS_TEXT.fullmatch(word) for word in words)
    if any(numbers) and (not is_text or (numbers[-1] and len(words) <= _SHORT)):
        return _NUMBER
    if is_text:
        return _TEXT
    if any(_IS_RATHER_TEXT.fullmatch(word) for word in words):
        return _RATHER_TEXT
    if words and all(_IS_SPAN.fullmatch(word) for word in words):  # of dates, mostly
        return _RATHER_NUMBER
    return None


def split_words(label: str) -> list[str]:
    """Split a label into words in small letters, without accents and digits.

    Words written together in one, as names in files are, are parted at their capitals.
    """
    spaced = _HUMP.sub(" ", label.replace("_", " ").replace("ß", "ss"))
    marked = _NUMBER_SIGN.sub(" # ", spaced.casefold())
    plain = unicodedata.normalize("NFKD", marked)
    return _SIGN.findall("".join(c for c in plain if not unicodedata.combining(c)))
