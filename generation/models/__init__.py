from generation.models.delivery import DownloadLink
from generation.models.exchange import Export, UploadAddress
from generation.models.finishing import (
    Consistency,
    Finish,
    Finishing,
    Plate,
    Refinish,
    Rendition,
)
from generation.models.joining import JoinCode, Joiner, JoinLink
from generation.models.leaving import Alternative, Certificate
from generation.models.looks import DepartmentLook, Look
from generation.models.orders import Order
from generation.models.pictures import Candidate, Headshot, Selfie
from generation.models.publishing import Directory, Publication, PublishingRun
from generation.models.shoots import ENDED, ENDED_WITHOUT, Shoot, State
from generation.models.team_pages import TeamConsent, TeamPage
from generation.models.uploads import Upload
from generation.models.workers import ComputeUsage, ServiceUsage, Worker

__all__ = [
    "ENDED",
    "ENDED_WITHOUT",
    "Alternative",
    "Candidate",
    "Certificate",
    "ComputeUsage",
    "Consistency",
    "DepartmentLook",
    "Directory",
    "DownloadLink",
    "Export",
    "Finish",
    "Finishing",
    "Headshot",
    "JoinCode",
    "JoinLink",
    "Joiner",
    "Look",
    "Order",
    "Plate",
    "Publication",
    "PublishingRun",
    "Refinish",
    "Rendition",
    "Selfie",
    "ServiceUsage",
    "Shoot",
    "State",
    "TeamConsent",
    "TeamPage",
    "Upload",
    "UploadAddress",
    "Worker",
]
