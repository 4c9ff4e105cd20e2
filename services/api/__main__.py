"""`python -m services.api`: reads the settings once and serves until told to stop."""

from __future__ import annotations

import sys

import uvicorn
from pydantic import ValidationError

from services.api.app import create_app
from services.api.settings import Settings


def main() -> int:
    """Serve; 2 when the settings are wrong."""
    try:
        settings = Settings()  # type: ignore[call-arg]  # the environment gives what is required
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"]).upper()
            sys.stderr.write(f"STEPPE_{name}: {one['msg']}\n" if name else f"{one['msg']}\n")
        return 2
    uvicorn.run(create_app(settings), host=settings.host, port=settings.api_port, access_log=False, server_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
