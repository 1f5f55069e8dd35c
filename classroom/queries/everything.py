"""All questions."""

from typing import Protocol

from classroom.queries.access_review import AccessReviewQueries
from classroom.queries.accounts import AccountQueries
from classroom.queries.administration import AdministrationQueries
from classroom.queries.applying import ApplyingQueries
from classroom.queries.catalogue import CatalogueQueries
from classroom.queries.figures import FigureQueries
from classroom.queries.history import HistoryQueries
from classroom.queries.learning import LearningQueries
from classroom.queries.lessons import LessonQueries
from classroom.queries.public import PublicQueries
from classroom.queries.retention import RetentionQueries
from classroom.queries.shelf import ShelfQueries
from classroom.queries.sites import SiteQueries


class Queries(
    PublicQueries,
    ApplyingQueries,
    LearningQueries,
    HistoryQueries,
    LessonQueries,
    CatalogueQueries,
    ShelfQueries,
    RetentionQueries,
    AdministrationQueries,
    AccessReviewQueries,
    FigureQueries,
    AccountQueries,
    SiteQueries,
    Protocol,
):
    """What `Store.queries` answers."""
