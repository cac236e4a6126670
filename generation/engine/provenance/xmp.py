"""The label that photo software and search engines read: XMP with IPTC's digital source type."""

from __future__ import annotations

# https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MADE_BY_A_MODEL = f"{_SOURCE_TYPES}trainedAlgorithmicMedia"
# A camera's picture that a person has edited: cropped, and put on another backdrop.
MADE_BY_A_PERSON = f"{_SOURCE_TYPES}humanEdits"


def made_by_a_model() -> bytes:
    """An XMP packet with the IPTC source type of generated pictures, and nothing else."""
    return _packet(MADE_BY_A_MODEL)


def photographed() -> bytes:
    """The packet of a real photo that was cropped, retouched and put on a plate."""
    return _packet(MADE_BY_A_PERSON)


def _packet(source_type: str) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{source_type}"/>'
        "</rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    ).encode()
