# iotctl: makes topics and folders when a stack starts, and asks a stack from inside its network.
FROM debian:trixie-slim AS python
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot \
    && install --directory --owner iot --mode 750 /var/lib/iot

FROM python AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
COPY infra/bootstrap-requirements.txt /locks/bootstrap-requirements.txt
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir --require-hashes -r /locks/bootstrap-requirements.txt
ENV PATH=/uv/bin:$PATH UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY infra/requirements.txt /locks/requirements.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /app && uv pip sync --quiet --python /app --require-hashes /locks/requirements.txt
COPY contracts /src/contracts
COPY domain /src/domain
COPY kit /src/kit
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --quiet --python /app --no-deps /src/contracts /src/domain /src/kit

FROM python
ARG REVISION=unknown
LABEL org.opencontainers.image.title="iotctl" \
      org.opencontainers.image.description="Makes topics, folders and API keys when a stack starts." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
RUN install --directory --owner iot --mode 700 /secrets /secrets/simulator /secrets/dashboard /secrets/prometheus /secrets/iotctl
COPY --from=build /app /app
COPY infra/stack /opt/iot/infra/stack
COPY infra/components /opt/iot/infra/components
COPY LICENSE /LICENSE
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/iot/infra
USER iot
WORKDIR /var/lib/iot
ENTRYPOINT ["/app/bin/python", "-m", "components.prepare"]
