"""All queries in one object. Satisfies `classroom.queries.everything.Queries`."""

from classroom.store.queries.access_review import AccessReviewQueries
from classroom.store.queries.accounts import AccountQueries
from classroom.store.queries.administration import AdministrationQueries
from classroom.store.queries.applying import ApplyingQueries
from classroom.store.queries.catalogue import CatalogueQueries
from classroom.store.queries.figures import FigureQueries
from classroom.store.queries.history import HistoryQueries
from classroom.store.queries.learning import LearningQueries
from classroom.store.queries.lessons import LessonQueries
from classroom.store.queries.public import PublicQueries
from classroom.store.queries.retention import RetentionQueries
from classroom.store.queries.shelf import ShelfQueries
from classroom.store.queries.sites import SiteQueries


class SqlQueries(
    PublicQueries,
    ApplyingQueries,
    LearningQueries,
    HistoryQueries,
    LessonQueries,
    CatalogueQueries,
    AdministrationQueries,
    SiteQueries,
    AccessReviewQueries,
    FigureQueries,
    AccountQueries,
    ShelfQueries,
    RetentionQueries,
):
    """A method per question, on the reading engine."""
