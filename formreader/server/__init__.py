"""The whole job in the browser: `formreader serve`.

The application is put together in `formreader.server.app`. Pages are HTML below `/`,
what they ask for is JSON below `/api`, described there by OpenAPI, and the review
station of each run is mounted below `/runs/NAME/review`. The guard of the station's
door stands before all of it: a route needs no check of who asks.

How a part is added:

1. A class whose constructor takes a `Site` and sets `router`, an `APIRouter`; for JSON
   with paths as they are below `/api`. Name it in `_PAGES` or `_API` in `app.py`. What
   holds a process or a thread is one of the `Services`, which end with the server.
2. A page is a template that extends the station's `base.html`, shown by
   `site.pages.show("name.html", request, ...)`. Templates and files of a package of its
   own are found once its folder is in `_FOLDERS` in `app.py`: `templates/` and, below
   `/static/PACKAGE/`, `static/`. Its entry of the navigation goes into `_LINKS`.
3. Colours and controls come from `/static/station.css`, what tables and cards of these
   pages share from `/static/server/server.css`. Scripts are modules; they send with
   `post` and `get` of `/static/api.js`, which repeats what the guard wants to see.
"""
