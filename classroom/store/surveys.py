"""Answers to the satisfaction survey, and apart from them who has answered."""

from sqlalchemy import select

from classroom.people import CourseId, MunicipalityCode, PersonId, new_id
from classroom.store.assessment_tables import survey_answers, survey_receipts
from classroom.store.repository import Repository
from classroom.surveys import SurveyAnswer


class Surveys(Repository):
    async def has_answered(self, course: CourseId, person: PersonId) -> bool:
        mine = (survey_receipts.c.course == course) & (survey_receipts.c.person == person)
        return await self.first(select(survey_receipts).where(mine)) is not None

    async def add(self, course: CourseId, municipality: MunicipalityCode, person: PersonId, answer: SurveyAnswer) -> bool:
        receipt = self.insert(survey_receipts).values(course=course, person=person).on_conflict_do_nothing()
        if (await self.run(receipt)).rowcount != 1:
            return False
        values = {
            "id": new_id(),
            "course": course,
            "municipality": municipality,
            "ratings": dict(answer.ratings),
            "comment": answer.comment,
        }
        await self.run(survey_answers.insert().values(values))
        return True

    async def answers(self, course: CourseId) -> list[SurveyAnswer]:
        statement = select(survey_answers).where(survey_answers.c.course == course).order_by(survey_answers.c.id)
        return [SurveyAnswer(row.ratings, row.comment) for row in await self.all(statement)]
