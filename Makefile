# Every command for people. The logic is in infra/iotctl; here are only names and help.
# Variables (defaults in .env): PORT_OFFSET STATE_DIR SIMULATOR DURABILITY SERVICE FILE TOPIC FILTER FROM TO SECONDS HOURS ROUNDS SEED BASE YES ONLY
# RUNTIME WITH PYTHON JAVA_HOME
IOTCTL := $(or $(PYTHON),python3) infra/bootstrap.py

# Variables given to make reach iotctl through the environment by themselves; only JAVA_HOME needs a name of its own,
# since many machines have one in the environment that nobody meant for this.
ifeq ($(origin JAVA_HOME),command line)
export IOT_JAVA_HOME := $(JAVA_HOME)
endif

.DEFAULT_GOAL := help
.PHONY: help up down status logs stop start restart backup restore reset doctor audit self-test replay tail test test-crash lint docs images \
	bench-freshness bench-live bench-fanout bench-alert bench-questions bench-ingest bench-single bench-overload bench-telegraf bench-idle bench-stream \
	bench-query bench-backtest bench-analyses bench-detection \
	bench-compare screenshots lock

##@ Run
up: ## Install, start everything, wait until it is ready (PORT_OFFSET=1000 STATE_DIR=/tmp/other SIMULATOR=off ONLY=infra WITH=thrift,trino)
	@$(IOTCTL) up
down: ## Stop everything; data stay
	@$(IOTCTL) down
status: ## State, CPU and memory of every program (SECONDS=60)
	@$(IOTCTL) status
logs: ## The log of one program (SERVICE=kafka, FOLLOW=1 to go on)
	@$(IOTCTL) logs
stop: ## Stop one program of a running stack (SERVICE=kafka)
	@$(IOTCTL) stop
start: ## Start it again (SERVICE=kafka)
	@$(IOTCTL) start
restart: ## Both (SERVICE=query-api)
	@$(IOTCTL) restart
backup: ## Everything that the stack keeps, into one file; stops it meanwhile (FILE=stack.tar)
	@$(IOTCTL) backup
restore: ## A backup into an empty state folder (FILE=stack.tar STATE_DIR=/tmp/new RUNTIME=docker)
	@$(IOTCTL) restore
reset: ## Stop everything and delete its data (asks first unless YES=1)
	@$(IOTCTL) reset

##@ Ask
doctor: ## What is wrong with the stack, worst first, with the remedy
	@$(IOTCTL) doctor
audit: ## Is every reading stored exactly once? (FROM=2026-03-01T12:00:00Z TO=…)
	@$(IOTCTL) audit
self-test: ## One reading through the whole pipeline, with the time of each hop
	@$(IOTCTL) self-test

##@ Use
replay: ## Post a CSV of timestamp,value as one sensor (FILE=readings.csv)
	@$(IOTCTL) replay
tail: ## Print a topic as it comes (TOPIC=iot-sensors FILTER='value > 30' FROM=beginning)
	@$(IOTCTL) tail

##@ Develop
test: ## Unit, integration and end-to-end tests (ONLY="pytest kit" runs what has this in its name)
	@$(IOTCTL) test
test-crash: ## Kill and freeze every program of a stack of its own under load, and audit it (ROUNDS=3 ONLY=kafka SEED=7)
	@$(IOTCTL) test-crash
lint: ## ruff, mypy, import rules, breaking changes, links, generated documents (ONLY=mypy BASE=main)
	@$(IOTCTL) lint
docs: ## Write the generated documents: settings, metrics, commands, topics, schemas, OpenAPI
	@$(IOTCTL) docs
images: ## Build the container images; size, time and software of each (needs a Docker Engine)
	@$(IOTCTL) images
bench-freshness: ## POST to visible in /v1/stats
	@$(IOTCTL) bench freshness
bench-live: ## POST to WebSocket frame
	@$(IOTCTL) bench live
bench-fanout: ## The live stream with 1,000 clients: Kafka to frame, frames a core-second, memory (needs no running stack)
	@$(IOTCTL) bench fanout
bench-alert: ## POST to alert, on Kafka and in GET /v1/alerts, at 1,000 readings/s
	@$(IOTCTL) bench alert
bench-questions: ## Fifty questions a second, answers after one's own writes, freshness meanwhile, at 1,000 readings/s
	@$(IOTCTL) bench questions
bench-ingest: ## Batches by HTTP against Kafka's own ProducerPerformance (ROUNDS=3; needs no running stack)
	@$(IOTCTL) bench ingest
bench-single: ## Single readings at 1,000/s, latency (SECONDS=30; needs no running stack)
	@$(IOTCTL) bench single
bench-overload: ## Three times capacity: memory, and accepted = in Kafka (SECONDS=60; needs no running stack)
	@$(IOTCTL) bench overload
bench-telegraf: ## The same batches into Telegraf (needs Go to build it)
	@$(IOTCTL) bench telegraf
bench-idle: ## CPU and memory with the default fleet, over a minute
	@$(IOTCTL) bench idle
bench-stream: ## A backlog through the stream, everything on, against a bare copy by Spark (MESSAGES=3000000 ROUNDS=3 SENSORS=200,20000)
	@$(IOTCTL) bench stream
bench-query: ## Ten questions over many readings, against DuckDB alone over the same files and Trino (READINGS=100000000)
	@$(IOTCTL) bench query
bench-backtest: ## POST /v1/rules/backtest over seven days of the default fleet (READINGS=6048000)
	@$(IOTCTL) bench backtest
bench-analyses: ## All analyses in one run, against plain Spark SQL one by one; a rerun after one new day (READINGS=10000000)
	@$(IOTCTL) bench analyses
bench-detection: ## The detector: NAB's score, the simulator's faults, VUS-PR, time a reading (SEED=7 HOURS=48; no stack)
	@$(IOTCTL) bench detection
bench-compare: ## Another checkout and this one, in turns (BASE=/path/to/it ONLY=ingest,single ROUNDS=3 PORT_OFFSET=2000)
	@$(IOTCTL) bench compare
screenshots: ## The README's pictures of a running stack's page (needs Chromium)
	@$(IOTCTL) screenshots
lock: ## For maintainers: resolve all pins again (needs Maven)
	@$(IOTCTL) lock

##@ Help
help: ## This page
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
