"""Pages of assessments: the assessor's desk."""

from api.assessments.desk_pages import DESK_PAGES

PAGES = [*DESK_PAGES]
