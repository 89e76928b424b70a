import no_such_package_either  # noqa: F401 # place: inner
