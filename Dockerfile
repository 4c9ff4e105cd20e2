# One file, one stage a program. The programs differ in what is installed for them and in what they start:
#   docker build --target ingest|projector|api|tools .

FROM python:3.12-slim-bookworm AS runtime
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/app/.venv/bin:$PATH
RUN useradd --system --uid 10001 --no-create-home steppe
WORKDIR /app
ARG RELEASE=0.1.0
LABEL org.opencontainers.image.title="Steppe" \
      org.opencontainers.image.description="Follows resource and infrastructure deals from the first memorandum to metal in the ground" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version=$RELEASE

# The environment holds what the lock names and no pip. What a program never opens is left out: sources of compiled
# modules, and the calendars and numerals of languages that the page does not speak.
FROM runtime AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements requirements
RUN python -m venv --without-pip .venv
COPY --chmod=755 <<'SCRIPT' /usr/local/bin/install-locked
#!/bin/sh
set -eu
pip --python .venv/bin/python install --require-hashes -r "requirements/$1.txt"
find .venv -type f \( -name '*.c' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h' \) -delete
for data in .venv/lib/python3*/site-packages/babel/locale-data; do
    [ ! -d "$data" ] || find "$data" -type f ! -name 'root.dat' ! -name 'en*.dat' ! -name 'ja*.dat' ! -name 'ru*.dat' -delete
done
SCRIPT

FROM build AS build-ingest
RUN install-locked ingest
FROM build AS build-projector
RUN install-locked projector
FROM build AS build-api
RUN install-locked api
FROM build AS build-tools
RUN install-locked cli

FROM runtime AS ingest
COPY --from=build-ingest /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/ingest services/ingest
RUN python -m compileall -q steppe services
USER steppe
EXPOSE 8001
CMD ["python", "-m", "services.ingest"]

FROM runtime AS projector
COPY --from=build-projector /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/projector services/projector
RUN python -m compileall -q steppe services
USER steppe
EXPOSE 8002
CMD ["python", "-m", "services.projector"]

FROM runtime AS api
COPY --from=build-api /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/api services/api
RUN python -m compileall -q steppe services
USER steppe
EXPOSE 8000
CMD ["python", "-m", "services.api"]

# The steppe command: migrations, rebuilds, questions. What needs the fold is done by the projector's code.
FROM runtime AS tools
COPY --from=build-tools /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/projector services/projector
COPY examples/central-asia examples/central-asia
RUN python -m compileall -q steppe services
USER steppe
ENTRYPOINT ["python", "-m", "steppe.cli"]
CMD ["--help"]
