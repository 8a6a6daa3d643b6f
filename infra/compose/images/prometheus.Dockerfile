# Prometheus as Debian packages it, with the platform's rules.
FROM debian:trixie-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="iot-prometheus" \
      org.opencontainers.image.description="Prometheus with the platform's rules." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
RUN apt-get update && apt-get install --yes --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent iot \
    && install --directory --owner iot --mode 750 /var/lib/iot
COPY infra/prometheus /etc/iot-prometheus
# The check wants the file of the API key, which comes with a volume. Its folder must not stay: an empty volume takes over
# the owner of the folder that it covers, and then nobody could put the key into it.
RUN install -D /dev/null /secrets/key/key && promtool check config /etc/iot-prometheus/prometheus.yml && rm -r /secrets
COPY infra/compose/healthy /usr/local/bin/healthy
COPY LICENSE /LICENSE
USER iot
WORKDIR /var/lib/iot
EXPOSE 9090
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s CMD ["healthy", "prometheus", "9090"]
ENTRYPOINT ["prometheus", "--config.file=/etc/iot-prometheus/prometheus.yml", "--storage.tsdb.path=/var/lib/iot", \
            "--web.listen-address=:9090"]
CMD ["--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=1GB"]
