"""A small Django project, the requests that somebody makes of it, and recordings of them."""
