"""What lives while the service runs; opened and closed here only."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from iot_domain.catalogue import load_sensor_types
from service_kit.logging import get_logger
from service_kit.tasks import BackgroundTasks
from stream_processor.alerting.consumer import RuleConsumer
from stream_processor.alerting.rule_log import RuleLog
from stream_processor.analyses.nightly import Nightly
from stream_processor.job import StreamingJob
from stream_processor.metrics import Metrics
from stream_processor.publishing.producer import KafkaProducer
from stream_processor.settings import Settings
from stream_processor.topic_watch import TopicWatch

JVM_GONE_EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h: the supervisor starts the process again."""
_log = get_logger(__name__)


@dataclass(frozen=True)
class Runtime:
    """The live resources."""

    settings: Settings
    producer: KafkaProducer
    rule_consumer: RuleConsumer
    job: StreamingJob
    topic_watch: TopicWatch
    nightly: Nightly
    tasks: BackgroundTasks


@asynccontextmanager
async def open_runtime(settings: Settings, metrics: Metrics) -> AsyncIterator[Runtime]:
    """Open everything; whatever is away, the job waits for it."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(BackgroundTasks())
        producer = KafkaProducer(settings)
        tasks.start(producer.run(), "publish messages")
        rules = RuleLog(load_sensor_types(settings.sensor_types_file).values(), settings.rules_dir)
        rule_consumer = RuleConsumer(settings.kafka_bootstrap_servers, rules)
        tasks.start(rule_consumer.run(), "read alert rules")
        job = StreamingJob(settings, producer, rules, metrics)
        threads = [
            threading.Thread(target=target, name=target.__name__, daemon=True)
            for target in (job.run, job.run_maintenance)
        ]
        for thread in threads:
            thread.start()
        stack.push_async_callback(_finish, job, threads, settings.shutdown_timeout_s)
        topic_watch = TopicWatch(settings, job, metrics)
        tasks.start(_exit_without_jvm(job, settings.probe_interval_s), "watch the JVM")
        tasks.start(topic_watch.run(), "watch iot-sensors")
        nightly = Nightly(settings, metrics)
        tasks.start(nightly.run(), "run analyses at night")
        yield Runtime(settings, producer, rule_consumer, job, topic_watch, nightly, tasks)


async def _finish(job: StreamingJob, threads: list[threading.Thread], timeout_s: float) -> None:
    """Let the batch in progress end. A batch that is cut off is run again at the next start: nothing is lost."""
    job.stop()
    await asyncio.to_thread(threads[0].join, timeout_s)


async def _exit_without_jvm(job: StreamingJob, interval_s: float) -> None:
    """A process without its JVM can do nothing more, and py4j cannot start a second one in it."""
    while True:
        await asyncio.sleep(interval_s)
        if not job.jvm_is_alive():
            _log.error("the driver's JVM is gone; leaving to be started again")
            os._exit(JVM_GONE_EXIT_CODE)
