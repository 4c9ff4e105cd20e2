# One file, one stage a program. The programs differ in what is installed for them and in what they start:
#   docker build --target ingest|projector|api|tools .

FROM python:3.12-slim-bookworm AS python
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/app/.venv/bin:$PATH
WORKDIR /app

# What runs has Python, the libraries that it and manylinux wheels (PEP 600) link, certificates, time zones and one user: no shell and
# no package manager, which is smaller and leaves less to misuse. To look around: `docker compose exec SERVICE python`.
FROM python AS root
COPY --chmod=755 <<'SCRIPT' /usr/local/bin/make-root
#!/bin/sh
set -eu
version=$(python -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
mkdir -p /root-fs/etc /root-fs/usr/lib /root-fs/usr/lib64 /root-fs/tmp /root-fs/app /own/imports /own/temporary
chmod 1777 /root-fs/tmp
ln -s usr/lib /root-fs/lib
ln -s usr/lib64 /root-fs/lib64
cd /
cp -a --parents usr/local/bin/python usr/local/bin/python3 "usr/local/bin/$version" "usr/local/lib/$version" /root-fs
for path in etc/ssl usr/lib/ssl usr/share/ca-certificates usr/share/zoneinfo usr/lib/locale etc/ld.so.conf etc/ld.so.conf.d \
    etc/nsswitch.conf; do
    [ ! -e "$path" ] || cp -a --parents "$path" /root-fs
done
cd "/root-fs/usr/local/lib/$version"
rm -rf site-packages/* test idlelib ensurepip lib2to3 pydoc_data tkinter turtledemo config-* lib-dynload/_test*
{ find lib-dynload -name '*.so' -exec ldd {} + ; ldd "/usr/local/bin/$version"; } \
    | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $1 !~ /:$/ { print $1 }' | sort -u > /tmp/libraries
ldconfig -p | awk '$1 ~ /^lib(gcc_s|stdc\+\+|m|dl|rt|c|nsl|util|pthread|resolv|nss_dns|nss_files|z|expat)\.so\./ { print $NF }' >> /tmp/libraries
sort -u /tmp/libraries | while read -r library; do
    home=$(readlink -f "$(dirname "$library")")
    mkdir -p "/root-fs$home"
    cp -L "$library" "/root-fs$home/"
done
echo 'steppe:x:10001:10001::/app:/sbin/nologin' > /root-fs/etc/passwd
echo 'steppe:x:10001:' > /root-fs/etc/group
ldconfig -r /root-fs
SCRIPT
RUN make-root

FROM scratch AS runtime
COPY --from=root /root-fs /
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 PATH=/app/.venv/bin:/usr/local/bin STEPPE_COMPILED=1
WORKDIR /app
ARG RELEASE=0.3.0
LABEL org.opencontainers.image.title="Steppe" \
      org.opencontainers.image.description="Follows resource and infrastructure deals from the first memorandum to metal in the ground" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version=$RELEASE

# The environment holds what the lock names and no pip. What a program never opens is left out: sources of compiled
# modules, and the calendars and numerals of languages that the page does not speak.
FROM python AS build
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

# The domain, compiled from the sources that are in the images too. What compiles it stays here.
FROM python AS compiled
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev
COPY requirements/compiler.txt requirements/compiler.txt
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes -r requirements/compiler.txt
COPY steppe/__init__.py steppe/compilation.py steppe/compiler.py steppe/
COPY steppe/domain steppe/domain
RUN STEPPE_COMPILED=1 python -m steppe.compiler

FROM runtime AS ingest
COPY --from=build-ingest /app/.venv .venv
COPY steppe steppe
COPY --from=compiled /app/build build
COPY services/__init__.py services/__init__.py
COPY services/ingest services/ingest
# A volume that is mounted there takes over whose it is.
COPY --from=root --chown=10001:10001 /own/imports /var/lib/steppe/imports
RUN ["python", "-m", "compileall", "-q", "steppe", "services"]
RUN ["python", "-c", "import services.ingest.__main__, services.ingest.imports.import_process, services.ingest.entry.article, trafilatura"]
USER steppe
EXPOSE 8001
CMD ["python", "-m", "services.ingest"]

FROM runtime AS projector
COPY --from=build-projector /app/.venv .venv
COPY steppe steppe
COPY --from=compiled /app/build build
COPY services/__init__.py services/__init__.py
COPY services/projector services/projector
RUN ["python", "-m", "compileall", "-q", "steppe", "services"]
RUN ["python", "-c", "import services.projector.__main__"]
USER steppe
EXPOSE 8002
CMD ["python", "-m", "services.projector"]

FROM runtime AS api
COPY --from=build-api /app/.venv .venv
COPY steppe steppe
COPY --from=compiled /app/build build
COPY services/__init__.py services/__init__.py
COPY services/api services/api
COPY --from=root --chown=10001:10001 /own/temporary /var/lib/steppe/temporary
RUN ["python", "-m", "compileall", "-q", "steppe", "services"]
RUN ["python", "-c", "import services.api.__main__"]
USER steppe
EXPOSE 8000
CMD ["python", "-m", "services.api"]

# The steppe command: migrations, rebuilds, questions. What needs the fold is done by the projector's code.
FROM runtime AS tools
COPY --from=build-tools /app/.venv .venv
COPY steppe steppe
COPY --from=compiled /app/build build
COPY services/__init__.py services/__init__.py
COPY services/projector services/projector
COPY examples/central-asia examples/central-asia
COPY --from=root --chown=10001:10001 /own/temporary /var/lib/steppe/temporary
RUN ["python", "-m", "compileall", "-q", "steppe", "services"]
RUN ["python", "-c", "import steppe.cli.__main__, services.projector.rebuild.__main__, services.projector.commands.verify"]
USER steppe
ENTRYPOINT ["python", "-m", "steppe.cli"]
CMD ["--help"]
