"""What the domain refuses, by stable code. The sentence a person reads is written by the web, in their language."""

from typing import Any

CODES: dict[str, str] = {
    # who may
    "not-found": "absent, or not yours: the two look the same",
    "not-allowed": "the person has no right to do this",
    "sign-in-failed": "e-mail or password is wrong",
    "site-not-open": "this municipality's site is not open",
    # joining a lesson
    "not-enrolled": "not enrolled in this course",
    "not-yet-open": "the lesson cannot be entered yet; field `opens_at`",
    "lesson-over": "the lesson has ended",
    "lesson-cancelled": "the lesson does not take place",
    "removed": "the instructor removed this person from the lesson",
    # applying
    "applications-not-open": "applications have not opened; field `opens_at`",
    "applications-closed": "applications have closed; field `closed_at`",
    "course-full": "no seat is left",
    "already-applied": "this person holds a seat already",
    "not-applied": "there is no application to cancel",
    "course-over": "it was learned to its end, and stays in the history",
    "not-seated": "this person has no seat and waits for none",
    "course-begun": "a lesson of it was held, or somebody learns from it already",
    "called-off-already": "the course is archived",
    "draft-with-people": "people have applied; field `state`",
    "application-declined": "staff declined this person's application",
    "not-for-your-municipality": "the course is for people of certain municipalities",
    "no-offer": "no seat is on offer to this person",
    "offer-lapsed": "the seat was not accepted in time; it went to the next",
    "nothing-to-decide": "no application waits for a decision",
    "draw-too-early": "applications have not closed; field `closed_at`",
    "drawn-already": "the lottery was drawn before",
    "charge-state": "this payment cannot be settled that way now",
    # values
    "email-taken": "an account with this e-mail exists",
    "email-invalid": "this is not an e-mail address",
    "password-too-short": "fewer characters than field `minimum`",
    "name-missing": "a name is needed",
    "slug-invalid": "lower-case letters, digits and hyphens only",
    "slug-taken": "another course of this municipality has this address",
    "times-wrong": "the end is not after the start",
    "captioner-leads": "the captioner named is who leads the lesson; field `field`",
    "lesson-number-taken": "this course has a lesson of that number",
    "capacity-wrong": "capacity must be at least one",
    "capacity-below-seats": "more seats are taken than that; field `taken`",
    "seats-kept-wrong": "more seats are kept than there are; field `capacity`",
    "quota-wrong": "a quota is between one and the capacity; field `capacity`",
    "captions-too-large": "larger than field `megabytes`",
    "items-many": "a course gives at most `most` items to watch",
    "series-wrong": "no day fits, or more than `most` lessons",
    "edited-meanwhile": "somebody else changed this since it was opened",
    "brand-contrast": "white text on this colour is below 4.5:1; field `ratio`",
    "rule-unknown": "no preset of this name",
    "reason-missing": "a reason is needed",
    "verdict-unknown": "not a verdict",
    # accounts
    "column-missing": "the table's head lacks the column `name`",
    "link-dead": "unknown, too old, or replaced by a newer one",
    "link-used": "the link did its work already",
    "birth-wrong": "in the future, or too long ago",
    "guardian-needed": "below 14 a guardian must agree",
    "guardian-same": "the guardian's address is the child's own",
    "email-same": "this is the address there is",
    "account-closed": "suspended, erased, or merged into another",
    "identity-taken": "linked to another account",
    "identity-unproven": "the provider does not vouch for an e-mail address",
    "identity-known-email": "an account with this address exists: its owner signs in once and links it",
    # sites
    "host-invalid": "this is not a host name; field `host`",
    "host-taken": "another site has this host name; field `host`",
    "logo-too-large": "the picture has more than `limit` thousand bytes",
    "logo-pixels": "a side of the picture is longer than `limit` pixels",
    "logo-unknown": "neither PNG, JPEG nor WebP",
    # certificates and recordings
    "not-earned": "the completion rule is not met; fields `share`, `needed`",
    "certificate-revoked": "the certificate was revoked before",
    "lesson-has-recording": "this lesson has a recording already",
    "video-empty": "the file is empty",
    "video-too-large": "more bytes than field `gigabytes` allows",
    "video-offset": "the part does not begin where the file ends; field `offset`",
    "video-digest": "the part was changed on its way",
    "video-length": "more bytes than were announced",
    "video-state": "nothing can be done to this upload any more",
    "video-playlist": "a list of other addresses, no video",
    "video-archive": "an archive, no video",
    "video-program": "a program, no video",
    "video-document": "a document or picture, no video",
    "video-unknown": "nothing known as a video",
    "video-no-picture": "there is no picture in it",
    "video-broken": "it cannot be decoded; cut off, perhaps",
    "video-slow": "looking at it took too long or too much memory",
    "video-failed": "it could not be made ready in several tries",
    "recording-not-ready": "the recording cannot be played yet",
    "not-in-recording": "this person was not in the recorded class",
    "recording-edited": "somebody else changed the edits meanwhile",
    "cut-reversed": "a cut must end after it begins; field `field`",
    "cut-outside": "a cut begins after the end; field `field`",
    "nothing-left": "the cuts leave nothing; field `field`",
    "chapter-outside": "a chapter begins after the end; field `field`",
    "chapters-together": "two chapters begin within a second; field `field`",
    "captions-wrong": "not a WebVTT file; field `line`",
    "recording-state": "the recording cannot go from `state` to `wanted`",
    "nothing-learned": "no lesson attended and no certificate: there is nothing to state",
    # assessment
    "rule-range": "the value is outside fields `low` and `high`",
    "quiz-not-open": "the quiz opens at field `opens_at`",
    "quiz-closed": "the quiz closed at field `closed_at`",
    "quiz-no-attempts": "all attempts are used",
    "quiz-not-begun": "there is no attempt to hand in",
    "quiz-empty": "a quiz needs a question",
    "question-wrong": "question `number` has no right answer, or too few choices",
    "assignment-closed": "the time to hand in ended at field `closed_at`",
    "assignment-empty": "neither text nor a file was handed in",
    "assignment-passed": "it was accepted already and cannot be changed",
    "survey-done": "this person has answered already",
    "survey-incomplete": "a question was left out",
    "upload-empty": "the file is empty",
    "upload-too-large": "larger than field `limit_mb` MB",
    "upload-kind": "the content is none of the kinds in field `kinds`",
    "excuse-known": "an excuse for this lesson waits or was approved",
    "excuse-decided": "somebody decided on it already",
    # operation
    "database-away": "the database does not answer",
    "database-newer": "the database was written by a newer version; field `revision`",
    "no-hangul-font": "no font with Hangul is installed; a certificate would be printed as empty boxes",
}
"""Every code with what it means. `web` translates them; a test there fails when one has no sentence."""


class ClassroomError(Exception):
    """A refusal with a stable `code` and data `fields`."""

    def __init__(self, code: str, **fields: Any) -> None:
        assert code in CODES, f"{code} is not listed in CODES"
        super().__init__(f"{code}: {CODES[code]}" + (f" {fields}" if fields else ""))
        self.code = code
        self.fields = fields


class Refused(ClassroomError):
    """The person may not, or not now."""


class NotFound(ClassroomError):
    """Absent, or somebody else's: callers cannot tell which."""

    def __init__(self) -> None:
        super().__init__("not-found")


class Invalid(ClassroomError):
    """A value that cannot be: field `field` names it."""


class DatabaseAway(ClassroomError):
    """It does not answer, or is just starting. Whether what was asked was done, nobody knows: ask again later."""

    def __init__(self) -> None:
        super().__init__("database-away")


class DatabaseNewer(ClassroomError):
    """Raised before anything is read or written."""

    def __init__(self, revision: str) -> None:
        super().__init__("database-newer", revision=revision)
        self.args = (
            f"The database was written by a newer version of classroom (revision {revision}): "
            "install that version, or restore a backup made before the upgrade.",
        )
