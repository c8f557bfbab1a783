"""Pages of assessments: the assessor's desk and profile."""

from api.assessments.desk_pages import DESK_PAGES
from api.assessments.profile_pages import PROFILE_PAGES

PAGES = [*DESK_PAGES, *PROFILE_PAGES]
