# One file, one stage a program. The programs differ in what is installed for them and in what they start:
#   docker build --target ingest|projector|api|tools .

FROM python:3.12-slim-bookworm AS runtime
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/app/.venv/bin:$PATH
RUN useradd --system --uid 10001 --no-create-home steppe
WORKDIR /app

FROM runtime AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements requirements
RUN python -m venv .venv

FROM build AS build-ingest
RUN pip install --require-hashes -r requirements/ingest.txt
FROM build AS build-projector
RUN pip install --require-hashes -r requirements/projector.txt
FROM build AS build-api
RUN pip install --require-hashes -r requirements/api.txt
FROM build AS build-tools
RUN pip install --require-hashes -r requirements/cli.txt

FROM runtime AS ingest
COPY --from=build-ingest /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/ingest services/ingest
USER steppe
EXPOSE 8001
CMD ["python", "-m", "services.ingest"]

FROM runtime AS projector
COPY --from=build-projector /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/projector services/projector
USER steppe
EXPOSE 8002
CMD ["python", "-m", "services.projector"]

FROM runtime AS api
COPY --from=build-api /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/api services/api
USER steppe
EXPOSE 8000
CMD ["python", "-m", "services.api"]

# The steppe command: migrations, rebuilds, questions. What needs the fold is done by the projector's code.
FROM runtime AS tools
COPY --from=build-tools /app/.venv .venv
COPY steppe steppe
COPY services/__init__.py services/__init__.py
COPY services/projector services/projector
USER steppe
ENTRYPOINT ["python", "-m", "steppe.cli"]
CMD ["--help"]
