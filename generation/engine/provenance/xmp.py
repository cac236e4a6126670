"""The label that photo software and search engines read: XMP with IPTC's digital source type."""

from __future__ import annotations

# https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MADE_BY_A_MODEL = f"{_SOURCE_TYPES}trainedAlgorithmicMedia"
# A camera's picture that a person has edited: cropped, and put on another backdrop.
MADE_BY_A_PERSON = f"{_SOURCE_TYPES}humanEdits"
# Drawn by a program without a model, as initials are.
DRAWN = f"{_SOURCE_TYPES}digitalCreation"
# Several pictures side by side, some of them a model's, as a staff wall is.
COMPOSED = f"{_SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"


def packet(source_type: str) -> bytes:
    """An XMP packet with IPTC's digital source type, one of the above, and nothing else."""
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
