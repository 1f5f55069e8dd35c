"""Files that come with forms: looked at, kept in the storage, given back only to who may have them."""

from datetime import datetime

from starlette.responses import Response

from classroom.courses import Course
from classroom.errors import Invalid
from classroom.people import PersonId, new_id
from classroom.uploads import KINDS, Upload, UploadId, checked_content, shown_name
from web.forms import Form
from web.services import Storage


async def take_file(form: Form, storage: Storage, course: Course, person: PersonId, now: datetime) -> Upload | None:
    """The form's file in the storage; None without one, or with what is wrong in `form.errors`.

    The row that makes it reachable is written with what it belongs to; who cannot write it calls `drop_file`: a doctor's note
    that no row tells of would outlive its owner's account.
    """
    attached = form.files.get("file")
    if attached is None or form.errors:
        return None
    try:
        mime = checked_content(attached.data)
    except Invalid as wrong:
        form.take(wrong)
        return None
    upload = Upload(
        UploadId(new_id()), person, course.id, course.municipality, shown_name(attached.name), mime, len(attached.data), now
    )
    await storage.put(upload.key, attached.data)
    return upload


async def drop_file(upload: Upload | None, storage: Storage) -> None:
    """What it came with was refused."""
    if upload is not None:
        await storage.delete(upload.key)


async def send_file(upload: Upload, storage: Storage) -> Response:
    """As a download, never shown inside our pages: whatever it holds, it runs nothing here."""
    data = b"".join([piece async for piece in storage.open_range(upload.key, 0, upload.size)])
    headers = {
        "Content-Disposition": f'attachment; filename="{upload.id}.{KINDS[upload.mime]}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(data, media_type=upload.mime, headers=headers)
